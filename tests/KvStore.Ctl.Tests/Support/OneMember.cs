using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Support;

/// <summary>A member in clear text, started for a test class.</summary>
public sealed class OneMember : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly ServerProcess _server;

    public OneMember() => _server = ServerProcess.OneMember(Checkout.Server, _folder.Combine("data"));

    public ServerProcess Server => _server;

    public string Endpoint => _server.Endpoint;

    public async Task InitializeAsync()
    {
        _server.Start();
        await _server.UntilReadyAsync();
    }

    public Task DisposeAsync()
    {
        _server.Dispose();
        _folder.Dispose();
        return Task.CompletedTask;
    }
}

using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Support;

/// <summary>
/// One member of ours and one of etcd's for all tests that only need one that runs; each test works under a prefix of its own. Tests
/// that stop a member start their own.
/// </summary>
public sealed class Members : IAsyncLifetime
{
    public const string Ours = "ours";
    public const string Etcd = "etcd";

    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, ServerProcess> _running = new(StringComparer.Ordinal);

    /// <summary>Both, for theories that must hold on either.</summary>
    public static TheoryData<string> Both => [Ours, Etcd];

    public static ServerProcess Make(string which, string folder, params string[] further) =>
        ServerProcess.OneMember(which == Ours ? Checkout.Server : Checkout.Etcd, folder, further);

    public ServerProcess this[string which] => _running[which];

    /// <summary>A client of the whole key space.</summary>
    public KvClient Connect(string which) => new(new KvClientOptions { Endpoints = [_running[which].Endpoint], CallTimeout = Limits.Patience });

    public async Task InitializeAsync()
    {
        foreach (var which in new[] { Ours, Etcd })
        {
            _running[which] = Make(which, _folder.Combine(which));
            _running[which].Start();
        }

        foreach (var member in _running.Values)
            await member.UntilReadyAsync();
    }

    public Task DisposeAsync()
    {
        foreach (var member in _running.Values)
            member.Dispose();
        _folder.Dispose();
        return Task.CompletedTask;
    }
}

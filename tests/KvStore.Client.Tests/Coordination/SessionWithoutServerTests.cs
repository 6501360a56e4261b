using KvStore.Client.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Coordination;

/// <summary>What a session's owner hears when nobody renews its lease.</summary>
public sealed class SessionWithoutServerTests
{
    [Fact]
    public async Task Session_WhoseServerIsGone_EndsWithItsTime()
    {
        using var folder = new TestFolder();
        using var server = Members.Make(Members.Ours, folder.Combine("data"));
        server.Start();
        await server.UntilReadyAsync();
        using var client = new KvClient(server.Endpoint);
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(1));
        await server.KillAsync();
        Assert.Equal(SessionEnd.NotRenewed, await session.Ended.WaitAsync(Limits.Patience));
    }

    /// <summary>A stopped process keeps its connections and says nothing: the session must notice by itself.</summary>
    [Fact]
    public async Task Session_WhoseServerIsSilent_EndsWithItsTime()
    {
        using var folder = new TestFolder();
        using var server = Members.Make(Members.Ours, folder.Combine("data"));
        server.Start();
        await server.UntilReadyAsync();
        using var client = new KvClient(server.Endpoint);
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(1));
        server.Process.Signal(ChildProcess.SignalStop);
        Assert.Equal(SessionEnd.NotRenewed, await session.Ended.WaitAsync(Limits.Patience));
        server.Process.Signal(ChildProcess.SignalContinue);
    }
}

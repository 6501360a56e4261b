using KvStore.Client.Tests.Support;
using KvStore.Primitives;

namespace KvStore.Client.Tests.Coordination;

/// <summary>Leases kept alive, and what their owners hear when they are not.</summary>
[Collection(MembersCollection.Name)]
public sealed class SessionTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    /// <summary>
    /// Method: a lease of two seconds (the servers' least) is renewed at each third; what was put with it is there for longer than
    /// that, which is counted in renewals and not in time.
    /// </summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Session_LongerThanItsTime_KeepsItsKeys_AndGivesThemUpWhenClosed(string which)
    {
        using var scratch = new Scratch(members, which);
        await using var watch = await scratch.Client.Watch.StartAsync("owned", cancellationToken: Limits.Patient());
        await using var other = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(60));
        var session = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(2));
        await scratch.Client.Kv.PutAsync("owned", "1", new PutOptions { Lease = session.Lease });
        Assert.Equal(WatchEventKind.Put, Assert.Single((await watch.ReadAsync(Limits.Patient())).Events).Kind);

        // A lease that nobody renews goes first, although it was granted later and has no less time.
        var unkept = await scratch.Client.Lease.GrantAsync(session.TimeToLive);
        await Until.TrueAsync(async () => await scratch.Client.Lease.TimeToLiveAsync(unkept) is null);
        Assert.NotNull(await scratch.Client.Lease.TimeToLiveAsync(session.Lease));
        Assert.False(session.Lost.IsCancellationRequested);

        await session.DisposeAsync();
        Assert.Equal(SessionEnd.Closed, await session.Ended);
        Assert.True(session.Lost.IsCancellationRequested);
        Assert.Equal(WatchEventKind.Delete, Assert.Single((await watch.ReadAsync(Limits.Patient())).Events).Kind);
        Assert.Null(await scratch.Client.Lease.TimeToLiveAsync(session.Lease));
        Assert.False(other.Lost.IsCancellationRequested);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Session_WhoseLeaseIsRevoked_SaysSo(string which)
    {
        using var scratch = new Scratch(members, which);
        // Asked for the lease after a third of its time, the server has the other two to say that it is gone.
        await using var session = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(12));
        await scratch.Client.Lease.RevokeAsync(session.Lease);
        Assert.Equal(SessionEnd.LeaseGone, await session.Ended.WaitAsync(Limits.Patience));
        Assert.True(session.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Session_WhoseClientIsDisposedFirst_EndsAllTheSame()
    {
        var client = members.Connect(Members.Ours);
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(1));
        client.Dispose();
        Assert.Equal(SessionEnd.NotRenewed, await session.Ended.WaitAsync(Limits.Patience));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Orphan_LivesOutItsTime(string which)
    {
        using var scratch = new Scratch(members, which);
        var session = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(60));
        await session.OrphanAsync();
        Assert.Equal(SessionEnd.Closed, await session.Ended);
        Assert.True(await scratch.Client.Lease.TimeToLiveAsync(session.Lease) > TimeSpan.Zero);
        await scratch.Client.Lease.RevokeAsync(session.Lease);
        Assert.Null(await scratch.Client.Lease.TimeToLiveAsync(session.Lease));
        Assert.NotEqual(LeaseId.None, session.Lease);
    }
}

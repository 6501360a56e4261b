using KvStore.PeerTransport;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Peer;

public sealed class PeerNetworkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(PeerChannel.Control)]
    [InlineData(PeerChannel.Log)]
    [InlineData(PeerChannel.Snapshot)]
    public async Task Frames_BothWays_ArriveInOrderWithTheirSender(PeerChannel channel)
    {
        await using var pair = await Pair.StartAsync();
        for (var i = 0; i < 200; i++)
        {
            Assert.True(pair.A.Network.TrySend(pair.B.Id, channel, BitConverter.GetBytes(i)));
            Assert.True(pair.B.Network.TrySend(pair.A.Id, channel, BitConverter.GetBytes(-i)));
        }

        for (var i = 0; i < 200; i++)
        {
            var atB = await pair.B.Inbox.NextAsync(channel).AsTask().WaitAsync(Patience);
            Assert.Equal((pair.A.Id, i), (atB.From, BitConverter.ToInt32(atB.Frame)));
            var atA = await pair.A.Inbox.NextAsync(channel).AsTask().WaitAsync(Patience);
            Assert.Equal((pair.B.Id, -i), (atA.From, BitConverter.ToInt32(atA.Frame)));
        }
    }

    [Fact]
    public async Task Frames_OfAllSizes_AreNeitherCutNorJoined()
    {
        await using var pair = await Pair.StartAsync();
        int[] sizes = [0, 1, 65_530, 65_531, 65_532, 65_536, 3, 1_500_000, 0, 12];
        foreach (var size in sizes)
            Assert.True(pair.A.Network.TrySend(pair.B.Id, PeerChannel.Log, Enumerable.Repeat((byte)size, size).ToArray()));
        foreach (var size in sizes)
        {
            var (_, frame) = await pair.B.Inbox.NextAsync(PeerChannel.Log).AsTask().WaitAsync(Patience);
            Assert.Equal(size, frame.Length);
            Assert.All(frame.Take(10), b => Assert.Equal((byte)size, b));
        }
    }

    [Fact]
    public async Task Log_InboxFull_WaitsInOrderWhileControlGoesOn()
    {
        await using var pair = await Pair.StartAsync();
        var open = false;
        pair.B.Inbox.Takes = channel => channel != PeerChannel.Log || Volatile.Read(ref open);
        for (var i = 0; i < 20; i++)
            Assert.True(pair.A.Network.TrySend(pair.B.Id, PeerChannel.Log, new byte[100_000 + i]));
        Assert.True(pair.A.Network.TrySend(pair.B.Id, PeerChannel.Control, "vote"u8.ToArray()));
        var control = await pair.B.Inbox.NextAsync(PeerChannel.Control).AsTask().WaitAsync(Patience);
        Assert.Equal("vote"u8.ToArray(), control.Frame);
        Assert.True(pair.B.Inbox.IsEmpty(PeerChannel.Log));

        Volatile.Write(ref open, true);
        for (var i = 0; i < 20; i++)
            Assert.Equal(100_000 + i, (await pair.B.Inbox.NextAsync(PeerChannel.Log).AsTask().WaitAsync(Patience)).Frame.Length);
    }

    /// <summary>Votes and heartbeats do not wait: what finds no room is dropped, and counted for etcd_network_peer_received_failures_total.</summary>
    [Fact]
    public async Task Control_InboxFull_IsDroppedAndCounted()
    {
        await using var pair = await Pair.StartAsync();
        pair.B.Inbox.Takes = channel => channel != PeerChannel.Control;
        Assert.True(pair.A.Network.TrySend(pair.B.Id, PeerChannel.Control, "vote"u8.ToArray()));
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (pair.B.Network.Counters.Sum(peer => peer.ReceiveFailures) == 0)
            await poll.WaitForNextTickAsync(limit.Token);
        Assert.Equal(1, pair.B.Network.Counters.Sum(peer => peer.ReceiveFailures));
    }

    [Fact]
    public async Task Queue_Full_RefusesAndCounts()
    {
        await using var a = await Member.StartAsync(1, change: options => options with { ControlQueueBytesMax = 1000, ReconnectFirst = TimeSpan.FromHours(1), ReconnectMax = TimeSpan.FromHours(1) });
        // Nobody listens there, and the link is not started: what is sent waits.
        a.Network.SetPeer(new MemberId(2), ["http://127.0.0.1:1"]);
        Assert.True(a.Network.TrySend(new MemberId(2), PeerChannel.Control, new byte[600]));
        Assert.False(a.Network.TrySend(new MemberId(2), PeerChannel.Control, new byte[600]));
        Assert.True(a.Network.TrySend(new MemberId(2), PeerChannel.Log, new byte[600]));
        Assert.False(a.Network.TrySend(new MemberId(3), PeerChannel.Log, new byte[1]));
        Assert.Equal(1, a.Network.Counters.Single().FramesDropped);
    }

    [Fact]
    public async Task Peer_NotThere_IsUnreachableAndFoundWhenItComes()
    {
        var down = new TaskCompletionSource();
        var reason = new TaskCompletionSource<(MemberId, string)>();
        await using var a = await Member.StartAsync(1, new PeerEvents
        {
            OnDisconnected = (_, _, _) => down.TrySetResult(),
            OnUnreachable = (member, why) => reason.TrySetResult((member, why)),
        });
        var b = await Member.StartAsync(2);
        var port = b.Host.Port;
        a.Meet(b);
        await b.DisposeAsync();
        a.Start();
        var (unreached, why) = await reason.Task.WaitAsync(Patience);
        Assert.Equal(new MemberId(2), unreached);
        Assert.Contains("connection refused", why, StringComparison.Ordinal);
        Assert.Equal(new MemberId(2), await a.Inbox.Unreachable.ReadAsync().AsTask().WaitAsync(Patience));

        await using var again = await Member.StartAsync(2, port: port);
        again.Start();
        await a.SendUntilTakenAsync(again, PeerChannel.Log, [1]).WaitAsync(Patience);
        Assert.Equal(new byte[] { 1 }, (await again.Inbox.NextAsync(PeerChannel.Log).AsTask().WaitAsync(Patience)).Frame);
        Assert.False(down.Task.IsCompleted);
    }

    [Fact]
    public async Task Peer_Restarts_IsLostAndConnectedAgain()
    {
        var lost = new TaskCompletionSource<string>();
        // The log stream's own loss: what is sent before it has noticed goes down with it.
        await using var a = await Member.StartAsync(1, new PeerEvents
        {
            OnDisconnected = (_, channel, reason) =>
            {
                if (channel == PeerChannel.Log)
                    lost.TrySetResult(reason);
            },
        });
        var b = await Member.StartAsync(2);
        var port = b.Host.Port;
        a.Meet(b);
        a.Start();
        b.Start();
        await a.SendUntilTakenAsync(b, PeerChannel.Log, [1]).WaitAsync(Patience);
        await b.Inbox.NextAsync(PeerChannel.Log).AsTask().WaitAsync(Patience);
        await b.DisposeAsync();
        await lost.Task.WaitAsync(Patience);
        Assert.Equal(new MemberId(2), await a.Inbox.Unreachable.ReadAsync().AsTask().WaitAsync(Patience));

        await using var again = await Member.StartAsync(2, port: port);
        again.Start();
        await a.SendUntilTakenAsync(again, PeerChannel.Log, [2]).WaitAsync(Patience);
        Assert.Equal(new byte[] { 2 }, (await again.Inbox.NextAsync(PeerChannel.Log).AsTask().WaitAsync(Patience)).Frame);
    }

    [Fact]
    public async Task SnapshotStream_Lost_DoesNotMakeThePeerUnreachable()
    {
        var lost = new TaskCompletionSource<PeerChannel>();
        await using var a = await Member.StartAsync(1, new PeerEvents { OnDisconnected = (_, channel, _) => lost.TrySetResult(channel) });
        // The receiver takes smaller frames than the sender sends, and ends the stream that carries one.
        await using var b = await Member.StartAsync(2, change: options => options with { FrameBytesMax = 1_000 });
        a.Meet(b);
        a.Start();
        b.Start();
        await a.SendUntilTakenAsync(b, PeerChannel.Log, [1]).WaitAsync(Patience);
        await a.SendUntilTakenAsync(b, PeerChannel.Snapshot, new byte[2_000]).WaitAsync(Patience);
        Assert.Equal(PeerChannel.Snapshot, await lost.Task.WaitAsync(Patience));
        // The next stream comes after everything the loss of this one causes.
        Assert.True(a.Network.TrySend(b.Id, PeerChannel.Snapshot, new byte[] { 3 }));
        Assert.Equal([3], (await b.Inbox.NextAsync(PeerChannel.Snapshot).AsTask().WaitAsync(Patience)).Frame);
        Assert.False(a.Inbox.Unreachable.TryRead(out _));
    }

    [Fact]
    public async Task Stranger_ThatNamesItsUrls_IsAnswered()
    {
        await using var a = await Member.StartAsync(1);
        var port = a.Host.Port;
        await using var b = await Member.StartAsync(2, change: options => options with { SelfUrls = ["http://127.0.0.1:1"] });
        a.Start();
        b.Start();
        b.Meet(a);
        await b.SendUntilTakenAsync(a, PeerChannel.Log, [1]).WaitAsync(Patience);
        await a.Inbox.NextAsync(PeerChannel.Log).AsTask().WaitAsync(Patience);
        // a now dials b's (wrong) URL: b is a peer of a's, and unreachable.
        Assert.Equal(b.Id, await a.Inbox.Unreachable.ReadAsync().AsTask().WaitAsync(Patience));
        Assert.NotEqual(0, port);
    }
}

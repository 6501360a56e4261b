using KvStore.PeerTransport;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Peer;

/// <summary>The small request/response door between members.</summary>
public sealed class PeerCallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Call_Answered_CarriesBytesAndTheCaller()
    {
        await using var pair = await Pair.StartAsync();
        pair.B.Network.Handle("lease.renew", (from, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(new[] { (byte)from.Value, request.Span[0] }));
        var answer = await pair.A.Network.CallAsync(pair.B.Id, "lease.renew", new byte[] { 9 }, Patience);
        Assert.Equal([1, 9], answer.ToArray());
    }

    [Fact]
    public async Task Call_Refused_CarriesCodeAndText()
    {
        await using var pair = await Pair.StartAsync();
        pair.B.Network.Handle("promote", (_, _, _) => throw new GrpcException(StatusCode.FailedPrecondition, "etcdserver: can only promote a learner member"));
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => pair.A.Network.CallAsync(pair.B.Id, "promote", default, Patience));
        Assert.Equal(new GrpcStatus(StatusCode.FailedPrecondition, "etcdserver: can only promote a learner member"), thrown.Status);
        var unknown = await Assert.ThrowsAsync<GrpcException>(() => pair.A.Network.CallAsync(pair.B.Id, "nothing", default, Patience));
        Assert.Equal(new GrpcStatus(StatusCode.Unimplemented, "unknown peer method nothing"), unknown.Status);
        var nobody = await Assert.ThrowsAsync<GrpcException>(() => pair.A.Network.CallAsync(new MemberId(77), "nothing", default, Patience));
        Assert.Equal((StatusCode.Unavailable, true), (nobody.Code, nobody.NeverSent));
    }

    [Fact]
    public async Task Call_TooLarge_IsRefused()
    {
        // #22147: no unbounded body from a peer.
        await using var pair = await Pair.StartAsync();
        pair.B.Network.Handle("big", (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(default));
        var max = pair.B.Network.Options.CallBytesMax;
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => pair.A.Network.CallAsync(pair.B.Id, "big", new byte[max + 1], Patience));
        Assert.Equal(GrpcTexts.TooLarge(max + 1, max), thrown.Status);
    }

    [Fact]
    public async Task Stranger_OnlyWhereAllowed_IsAnswered()
    {
        await using var member = await Member.StartAsync(1);
        member.Network.Handle("members", (from, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(new[] { (byte)from.Value }), openToStrangers: true);
        member.Network.Handle("lease.renew", (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(default));
        var answer = await PeerNetwork.AskAsync(["http://127.0.0.1:1", .. member.Urls], "members", default, tls: null, Patience);
        Assert.Equal([0], answer.ToArray());
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => PeerNetwork.AskAsync(member.Urls, "lease.renew", default, tls: null, Patience));
        Assert.Equal(new GrpcStatus(StatusCode.InvalidArgument, "no peer handshake"), thrown.Status);
    }

    [Fact]
    public async Task RoundTrip_IsMeasured()
    {
        var measured = new TaskCompletionSource<(MemberId, TimeSpan)>();
        await using var a = await Member.StartAsync(
            1, new PeerEvents { OnRoundTrip = (member, trip) => measured.TrySetResult((member, trip)) }, options => options with { ProbeInterval = TimeSpan.FromMilliseconds(20) });
        await using var b = await Member.StartAsync(2);
        a.Meet(b);
        a.Start();
        b.Start();
        var (member, trip) = await measured.Task.WaitAsync(Patience);
        Assert.Equal(b.Id, member);
        Assert.True(trip > TimeSpan.Zero);
        Assert.NotEqual(TimeSpan.Zero, a.Network.Counters.Single().RoundTrip);
    }
}

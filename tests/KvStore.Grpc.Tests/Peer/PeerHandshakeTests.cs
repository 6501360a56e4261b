using System.Net;
using KvStore.PeerTransport;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Peer;

/// <summary>Who is refused at the door, and that both sides say why.</summary>
public sealed class PeerHandshakeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Cluster_Wrong_IsRefusedAndBothSidesSayWhy()
    {
        var heard = new TaskCompletionSource<GrpcStatus>();
        var said = new TaskCompletionSource<(EndPoint?, MemberId, string)>();
        await using var a = await Member.StartAsync(
            1, new PeerEvents { OnRefusedByPeer = (_, status) => heard.TrySetResult(status) }, options => options with { Cluster = new ClusterId(0xBAD) });
        await using var b = await Member.StartAsync(2, new PeerEvents { OnRefused = (remote, from, why) => said.TrySetResult((remote, from, why)) });
        a.Meet(b);
        a.Start();
        b.Start();
        Assert.Equal(new GrpcStatus(StatusCode.FailedPrecondition, "cluster ID mismatch: remote bad, local c1"), await heard.Task.WaitAsync(Patience));
        var (remote, from, why) = await said.Task.WaitAsync(Patience);
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)remote!).Address);
        Assert.Equal((a.Id, "cluster ID mismatch: remote bad, local c1"), (from, why));
        Assert.True(b.Inbox.IsEmpty(PeerChannel.Log));
    }

    [Fact]
    public async Task Member_Wrong_IsRefused()
    {
        var heard = new TaskCompletionSource<GrpcStatus>();
        await using var a = await Member.StartAsync(1, new PeerEvents { OnRefusedByPeer = (_, status) => heard.TrySetResult(status) });
        await using var b = await Member.StartAsync(2);
        a.Network.SetPeer(new MemberId(3), b.Urls);
        a.Start();
        b.Start();
        Assert.Equal("member ID mismatch: sent to 3, this is 2", (await heard.Task.WaitAsync(Patience)).Message);
    }

    [Fact]
    public async Task Member_Removed_IsCutOffAndTold()
    {
        // C1: a removed member gets an explicit "permanently removed".
        var heard = new TaskCompletionSource<GrpcStatus>();
        await using var a = await Member.StartAsync(1, new PeerEvents { OnRefusedByPeer = (_, status) => heard.TrySetResult(status) });
        await using var b = await Member.StartAsync(2);
        a.Meet(b);
        a.Start();
        b.Start();
        await a.SendUntilTakenAsync(b, PeerChannel.Log, [1]).WaitAsync(Patience);
        await b.Inbox.NextAsync(PeerChannel.Log).AsTask().WaitAsync(Patience);
        b.Network.RemovePeer(a.Id);
        Assert.Equal(new GrpcStatus(StatusCode.PermissionDenied, PeerHandshake.RemovedText), await heard.Task.WaitAsync(Patience));
        Assert.False(b.Network.TrySend(a.Id, PeerChannel.Log, new byte[1]));
    }

    [Theory]
    [InlineData(null, "c1", "1", "2", "no peer handshake")]
    [InlineData("1", "c1", "1", "2", "peer protocol version mismatch: remote 1, local 2")]
    [InlineData("2", "c1", "2", "2", "member ID 2 cannot be a peer of 2")]
    [InlineData("2", "c1", "0", "2", "member ID 0 cannot be a peer of 2")]
    [InlineData("2", "11112222333344445", "1", "2", "no peer handshake")]
    [InlineData("2", "-1", "1", "2", "no peer handshake")]
    public void Headers_Malformed_AreNoHandshakeOrRefused(string? version, string cluster, string from, string to, string expected)
    {
        var headers = new Dictionary<string, string?> { ["kv-version"] = version, ["kv-cluster"] = cluster, ["kv-from"] = from, ["kv-to"] = to };
        var us = new PeerTransportOptions { Cluster = new ClusterId(0xC1), Self = new MemberId(2) };
        var read = PeerHandshake.Read(name => headers.GetValueOrDefault(name));
        Assert.Equal(expected, read is null ? "no peer handshake" : read.Judge(us, _ => false).Message);
    }
}

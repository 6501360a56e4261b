using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Server.Hosting;

namespace KvStore.Server.Tests.Hosting;

public sealed class LatePeerNetworkTests
{
    private static readonly MemberId _stays = new(1);
    private static readonly MemberId _leaves = new(2);
    private readonly LatePeerNetwork _late = new();
    private readonly Recorded _real = new();

    /// <summary>C1: a restarted member names those that were removed before the transport exists; it must refuse them all the same.</summary>
    [Fact]
    public void WhatWasSaidEarly_IsSaidToTheRealNetwork()
    {
        _late.SetPeer(_stays, ["http://a:1"]);
        _late.SetPeer(_leaves, ["http://b:1"]);
        _late.RemovePeer(_leaves);
        _late.Attach(_real);
        Assert.Equal([$"set {_stays}", $"remove {_leaves}"], _real.Said);
    }

    [Fact]
    public void WhatIsSaidLater_GoesThrough()
    {
        Assert.False(_late.TrySend(_stays, PeerChannel.Control, default));
        _late.Attach(_real);
        Assert.True(_late.TrySend(_stays, PeerChannel.Control, default));
        _late.RemovePeer(_leaves);
        _late.SetPeer(_leaves, ["http://b:1"]);
        Assert.Equal([$"remove {_leaves}", $"set {_leaves}"], _real.Said);
    }

    private sealed class Recorded : IPeerNetwork
    {
        public List<string> Said { get; } = [];

        public bool TrySend(MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame) => true;

        public void SetPeer(MemberId member, IReadOnlyList<string> urls) => Said.Add($"set {member}");

        public void RemovePeer(MemberId member) => Said.Add($"remove {member}");
    }
}

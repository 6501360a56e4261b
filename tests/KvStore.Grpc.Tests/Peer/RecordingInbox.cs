using System.Collections.Concurrent;
using System.Threading.Channels;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Peer;

/// <summary>Takes what arrives, or refuses it as long as it is told to.</summary>
internal sealed class RecordingInbox : IPeerInbox
{
    private readonly ConcurrentDictionary<PeerChannel, Channel<(MemberId From, byte[] Frame)>> _frames = new();
    private readonly Channel<MemberId> _unreachable = Channel.CreateUnbounded<MemberId>();

    public Func<PeerChannel, bool> Takes { get; set; } = _ => true;

    public ChannelReader<MemberId> Unreachable => _unreachable.Reader;

    public bool TryReceive(MemberId from, PeerChannel channel, ReadOnlyMemory<byte> frame) =>
        Takes(channel) && Of(channel).Writer.TryWrite((from, frame.ToArray()));

    public void OnUnreachable(MemberId member) => _unreachable.Writer.TryWrite(member);

    public ValueTask<(MemberId From, byte[] Frame)> NextAsync(PeerChannel channel) => Of(channel).Reader.ReadAsync();

    public bool IsEmpty(PeerChannel channel) => Of(channel).Reader.Count == 0;

    private Channel<(MemberId From, byte[] Frame)> Of(PeerChannel channel) =>
        _frames.GetOrAdd(channel, _ => System.Threading.Channels.Channel.CreateUnbounded<(MemberId, byte[])>());
}

using KvStore.Node.Messages;
using KvStore.Node.Peers;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;
using KvStore.Wal;

namespace KvStore.Node.Log;

/// <summary>
/// The Log lane: the only one that touches the write-ahead log. It writes all that waits, syncs once, and only then lets go of
/// what the sync allows: votes and acknowledgements to peers, and the mark that counts this member's own disk (D4).
/// </summary>
/// <remarks>
/// A failed write or sync is final (D3): the exception leaves the lane, nothing was sent, and the process ends. There is no way
/// back to a state that is known.
/// </remarks>
internal sealed class LogLane(WriteAheadLog log, PeerPost post, Outbox<ConsensusMessage> consensus) : ILaneHandler<LogMessage>
{
    private readonly WriteAheadLog _log = log;
    private readonly PeerPost _post = post;
    private readonly Outbox<ConsensusMessage> _consensus = consensus;
    private readonly List<PeerMessage> _afterSync = [];
    private PersistMark _mark;

    public bool PostsLast => true;

    public void Handle(ReadOnlySpan<LogMessage> batch)
    {
        var cut = default(LogMessage.CutPrefix);
        foreach (var message in batch)
        {
            switch (message)
            {
                case LogMessage.Append append:
                    _log.Append(append.HardState, append.Entries);
                    _afterSync.AddRange(append.AfterSync);
                    _mark = append.Mark;
                    break;
                case LogMessage.MarkSnapshot mark:
                    _log.MarkSnapshot(mark.Index, mark.Term, ReadOnlySpan<byte>.Empty);
                    break;
                case LogMessage.CutPrefix prefix:
                    _log.MarkSnapshot(prefix.Index, prefix.Term, ReadOnlySpan<byte>.Empty);
                    cut = prefix;
                    break;
                case LogMessage.Tick:
                    break;
                default:
                    Check.Broken("every message to the log has a handler");
                    break;
            }
        }

        _log.Sync();
        // After the sync: the mark that makes the prefix superfluous is durable (N-1).
        if (cut is not null)
            _log.RemovePrefix(cut.Index);
        Release();
        _consensus.Flush();
    }

    private void Release()
    {
        foreach (var message in _afterSync)
            _post.Send(message);
        _afterSync.Clear();
        if (_mark == default)
            return;
        _consensus.Post(ConsensusMessage.Persisted(_mark));
        _mark = default;
    }
}

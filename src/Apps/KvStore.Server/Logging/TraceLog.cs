using KvStore.Platform;
using KvStore.Primitives;
using Serilog;

namespace KvStore.Server.Logging;

/// <summary>Writes Core's events as log lines. Syncs and batches, too frequent for lines, are measured at their doors.</summary>
internal sealed class TraceLog(ILogger logger) : ITraceSink
{
    // Only the Consensus lane tells of leaders.
    private bool _hasLeader;

    public void Emit(in TraceEvent traceEvent)
    {
        var (a, b) = (traceEvent.A, traceEvent.B);
        switch (traceEvent.Kind)
        {
            case TraceKind.LeaderChanged when b == 0:
                if (_hasLeader)
                    logger.Warn("lost leader", ("term", a));
                _hasLeader = false;
                break;
            case TraceKind.LeaderChanged:
                _hasLeader = true;
                logger.Info("elected leader", ("leader", new MemberId(b).ToString()), ("term", a));
                break;
            case TraceKind.BecameFollower:
                logger.Info("became follower", ("term", a));
                break;
            case TraceKind.BecamePreCandidate:
                logger.Info("became pre-candidate", ("term", a));
                break;
            case TraceKind.BecameCandidate:
                logger.Info("became candidate", ("term", a));
                break;
            case TraceKind.BecameLeader:
                logger.Info("became leader", ("term", a));
                break;
            case TraceKind.SteppedDownWithoutQuorum:
                logger.Warn("stepped down: no quorum was heard from for an election timeout", ("term", a));
                break;
            case TraceKind.PeerNeedsSnapshot:
                logger.Info("member is behind the log and needs a snapshot", ("member", new MemberId(a).ToString()), ("next-index", b));
                break;
            case TraceKind.MembershipChanged:
                logger.Info("membership changed", ("voters", a), ("learners", b), ("outgoing-voters", traceEvent.C));
                break;
            case TraceKind.PeerFrameRefused:
                logger.Warn("refused a frame from another member", ("member", new MemberId(a).ToString()), ("reason", traceEvent.Detail));
                break;
            case TraceKind.WalTailRepaired:
                logger.Warn("cut the torn tail of the write-ahead log", ("bytes", a));
                break;
            case TraceKind.WalSegmentOpened:
                logger.Info("opened a segment of the write-ahead log", ("first-index", a));
                break;
            case TraceKind.WalPrefixRemoved:
                logger.Info("removed old segments of the write-ahead log", ("below-index", a), ("segments", b));
                break;
            case TraceKind.StoreFlushed:
                logger.Info("flushed the store", ("consistent-index", a));
                break;
            case TraceKind.CompactionFinished:
                logger.Info("finished a compaction", ("compact-revision", a), ("removed", b));
                break;
            case TraceKind.LeaseExpired:
                logger.DebugEvent("lease expired", ("lease", new LeaseId((long)a).ToString()), ("keys", b));
                break;
            case TraceKind.SnapshotSendStarted:
                logger.Info("sending a snapshot", ("to", new MemberId(a).ToString()), ("index", b));
                break;
            case TraceKind.SnapshotSendFinished:
                LogOutcome("sent a snapshot", traceEvent.Detail, ("to", new MemberId(a).ToString()), ("index", b));
                break;
            case TraceKind.SnapshotReceiveStarted:
                logger.Info("receiving a snapshot", ("from", new MemberId(a).ToString()), ("index", b));
                break;
            case TraceKind.SnapshotReceiveFinished:
                LogOutcome("received a snapshot", traceEvent.Detail, ("index", a), ("bytes", b));
                break;
            case TraceKind.SnapshotInstalled:
                logger.Info("installed a snapshot", ("index", a));
                break;
            case TraceKind.WatchersLagging:
                logger.DebugEvent("watchers fell behind", ("watchers", a));
                break;
        }
    }

    private void LogOutcome(string what, string? problem, (string, object?) first, (string, object?) second)
    {
        if (string.IsNullOrEmpty(problem))
            logger.Info(what, first, second);
        else
            logger.Warn(what + " without success", first, second, ("problem", problem));
    }
}

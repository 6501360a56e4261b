using KvStore.Platform;
using KvStore.Simulation.Checks;
using KvStore.Wal;

namespace KvStore.Simulation.Replica;

/// <summary>Writes what waits, syncs once, then lets go of what the sync allows.</summary>
internal sealed class ReplicaLogLane(RaftReplica replica, WriteAheadLog log, DurableLog durable) : ILaneHandler<LogWork>
{
    public void Handle(ReadOnlySpan<LogWork> batch)
    {
        LogWork.Start? cut = null;
        foreach (var work in batch)
        {
            switch (work)
            {
                case LogWork.Append append:
                    log.Append(append.HardState, append.Entries);
                    durable.OnAppended(append.Entries);
                    break;
                case LogWork.Start start:
                    log.MarkSnapshot(start.Mark.Index, start.Mark.Term, default);
                    durable.OnMark(start.Mark.Index, start.Mark.Term);
                    if (start.RemovePrefix)
                        cut = start;
                    break;
            }
        }

        log.Sync();
        durable.OnSynced();
        foreach (var work in batch)
        {
            if (work is not LogWork.Append append)
                continue;
            foreach (var message in append.AfterSync)
                replica.Send(message);
            if (append.Mark is { } mark)
                replica.MustPost(new ReplicaMessage.Persisted(mark));
        }

        if (cut is not null)
            log.RemovePrefix(cut.Mark.Index);
    }
}

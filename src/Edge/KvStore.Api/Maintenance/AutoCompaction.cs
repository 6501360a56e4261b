using KvStore.Api.Members;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Maintenance;

/// <summary>Compacts by itself (--auto-compaction-retention): on the leader, as an ordinary compaction that everybody applies.</summary>
public sealed class AutoCompaction(IMember member, NodeGateway gateway, ApiOptions options)
{
    /// <summary>Told of each compaction that was done.</summary>
    public Action<Revision>? OnCompacted { get; init; }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(Func<TimeSpan, CompactionSchedule> begin, CancellationToken stopping)
    {
        var started = options.Time.GetTimestamp();
        var schedule = begin(TimeSpan.Zero);
        using var timer = new PeriodicTimer(schedule.Interval, options.Time);
        try
        {
            // The first note is of the beginning.
            schedule.Due(TimeSpan.Zero, Current(), isLeader: false);
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                var now = options.Time.GetElapsedTime(started);
                if (schedule.Due(now, Current(), member.Status.IsLeader) is { } revision)
                    await CompactAsync(schedule, revision, now).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }

    private async Task CompactAsync(CompactionSchedule schedule, Revision revision, TimeSpan now)
    {
        var request = new ByteWriter(16);
        request.WriteInt64Field(CompactionRequest.RevisionFieldNumber, revision.Value);
        var reply = await gateway.ProposeForNobodyAsync(call: null, CommandKind.Compaction, request.WrittenSpan).ConfigureAwait(false);
        // Anything else is tried again at the next turn.
        if (reply.Error is not null && reply.Error != EtcdErrors.Compacted)
            return;
        schedule.Done(revision, now);
        if (reply.Error is null)
            OnCompacted?.Invoke(revision);
    }

    private Revision Current()
    {
        using var view = member.OpenView();
        return view.Current;
    }
}

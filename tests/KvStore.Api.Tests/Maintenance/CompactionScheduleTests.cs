using KvStore.Api.Maintenance;
using KvStore.Primitives;

namespace KvStore.Api.Tests.Maintenance;

/// <summary>Automatic compaction comes when etcd's does, to the revisions of etcd.</summary>
public sealed class CompactionScheduleTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>A revision a minute, ten minutes kept: every ten minutes to what was ten or eleven minutes ago.</summary>
    [Fact]
    public void ByTime_ShortPeriod_CompactsOncePerPeriod()
    {
        var schedule = CompactionSchedule.ByTime(10 * Minute, TimeSpan.Zero);
        Assert.Equal(Minute, schedule.Interval);
        Assert.Equal([(10, 100), (20, 109), (30, 119), (40, 129)], Run(schedule, turns: 45, leads: _ => true));
    }

    /// <summary>Five hours kept: from the fifth hour on, once an hour.</summary>
    [Fact]
    public void ByTime_LongPeriod_CompactsEveryHour()
    {
        var schedule = CompactionSchedule.ByTime(TimeSpan.FromHours(5), TimeSpan.Zero);
        Assert.Equal(6 * Minute, schedule.Interval);
        Assert.Equal([(50, 100), (60, 109), (70, 119)], Run(schedule, turns: 75, leads: _ => true));
    }

    /// <summary>Who comes to lead has kept its notes: it compacts at once, and not to what it has just seen.</summary>
    [Fact]
    public void ByTime_NewLeader_UsesItsNotes()
    {
        var schedule = CompactionSchedule.ByTime(10 * Minute, TimeSpan.Zero);
        Assert.Equal([(25, 114), (35, 124)], Run(schedule, turns: 40, leads: turn => turn >= 25));
    }

    [Fact]
    public void ByTime_NothingWritten_CompactsOnce()
    {
        var schedule = CompactionSchedule.ByTime(10 * Minute, TimeSpan.Zero);
        Assert.Equal([(10, 100)], Run(schedule, turns: 45, leads: _ => true, revisionOf: _ => 100));
    }

    [Fact]
    public void ByRevision_KeepsTheLast()
    {
        var schedule = CompactionSchedule.ByRevision(103);
        Assert.Equal(5 * Minute, schedule.Interval);
        Assert.Equal([(4, 1), (5, 2), (6, 3)], Run(schedule, turns: 6, leads: turn => turn != 3));
        Assert.Null(schedule.Due(TimeSpan.FromHours(9), new Revision(106), isLeader: true));
    }

    private static List<(int Turn, long Revision)> Run(CompactionSchedule schedule, int turns, Func<int, bool> leads, Func<int, long>? revisionOf = null)
    {
        revisionOf ??= turn => 100 + turn;
        schedule.Due(TimeSpan.Zero, new Revision(revisionOf(0)), isLeader: false);
        var compacted = new List<(int, long)>();
        for (var turn = 1; turn <= turns; turn++)
        {
            if (schedule.Due(turn * schedule.Interval, new Revision(revisionOf(turn)), leads(turn)) is not { } revision)
                continue;
            compacted.Add((turn, revision.Value));
            schedule.Done(revision, turn * schedule.Interval);
        }

        return compacted;
    }
}

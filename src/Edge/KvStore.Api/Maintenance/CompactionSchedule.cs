using KvStore.Primitives;

namespace KvStore.Api.Maintenance;

/// <summary>
/// When automatic compaction comes, and up to where, by etcd's rules. The caller asks at each <see cref="Interval"/> with the time
/// and the revision of then.
/// </summary>
public abstract class CompactionSchedule
{
    /// <summary>Time between two questions.</summary>
    public abstract TimeSpan Interval { get; }

    /// <summary>Keeps what was written in the last <paramref name="period"/>: notes the revision ten times in it (in an hour, if it is longer) and compacts to the oldest note.</summary>
    public static CompactionSchedule ByTime(TimeSpan period, TimeSpan now) => new TimeSchedule(period, now);

    /// <summary>Keeps the last <paramref name="revisions"/>; looks every five minutes.</summary>
    public static CompactionSchedule ByRevision(long revisions) => new RevisionSchedule(revisions);

    /// <summary>The revision to compact to now, or null.</summary>
    /// <param name="now">On a clock that never goes back.</param>
    /// <param name="current">The store's revision.</param>
    /// <param name="isLeader">The others leave it to the leader, and keep their notes for the time when they lead.</param>
    public abstract Revision? Due(TimeSpan now, Revision current, bool isLeader);

    /// <summary>The compaction to the revision was done, or had been done before.</summary>
    public abstract void Done(Revision revision, TimeSpan now);

    private sealed class TimeSchedule : CompactionSchedule
    {
        private const int NotesInPeriod = 10;

        private static readonly TimeSpan LongestPeriod = TimeSpan.FromHours(1);

        private readonly TimeSpan _period;
        private readonly Queue<Revision> _notes = new();
        private readonly int _notesMax;
        private TimeSpan _wait;
        private TimeSpan _lastDone;
        private Revision _last;

        public TimeSchedule(TimeSpan period, TimeSpan now)
        {
            _period = period < LongestPeriod ? period : LongestPeriod;
            Interval = _period / NotesInPeriod;
            _notesMax = (int)(period / Interval) + 1;
            // The first one only when there is something older than the period.
            _wait = period;
            _lastDone = now;
        }

        public override TimeSpan Interval { get; }

        public override Revision? Due(TimeSpan now, Revision current, bool isLeader)
        {
            var oldest = _notes.Count > 0 ? _notes.Peek() : current;
            _notes.Enqueue(current);
            if (_notes.Count > _notesMax)
                _notes.Dequeue();
            if (!isLeader || now - _lastDone < _wait || oldest == _last)
                return null;
            return oldest;
        }

        public override void Done(Revision revision, TimeSpan now)
        {
            _last = revision;
            _lastDone = now;
            _wait = _period;
        }
    }

    private sealed class RevisionSchedule(long revisions) : CompactionSchedule
    {
        private Revision _last;

        public override TimeSpan Interval => TimeSpan.FromMinutes(5);

        public override Revision? Due(TimeSpan now, Revision current, bool isLeader)
        {
            var to = new Revision(current.Value - revisions);
            return isLeader && to > Revision.Zero && to != _last ? to : null;
        }

        public override void Done(Revision revision, TimeSpan now) => _last = revision;
    }
}

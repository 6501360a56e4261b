using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// The leases. One half is replicated: which leases exist, their TTL, their last checkpoint, the keys attached to them; it
/// changes only by applied entries. The other half is the clock of the primary, the member that leads: it alone decides that
/// a lease has expired, and proposes its revocation. Apply lane only; time is always an argument.
/// </summary>
/// <remarks>
/// Invariants. LS-1: a lease never expires before its TTL has passed since the last renewal that was answered, on any chain of
/// leaders: a new primary starts every lease with its whole TTL, or with a checkpoint that no later renewal has overtaken
/// (<see cref="RenewOutcome.CheckpointFirst"/>), and an election timeout on top. LS-2: a lease is forever on a member that is
/// not primary. LS-3: every attached key names an existing lease. LS-4: every key whose metadata name an existing lease is attached to
/// it, also where the key was there first (data that was moved in): the same with and without a restart.
/// <code>
///            Promote(now, extend)
///   follower ───────────────────▶ primary     Promote: after every entry of earlier terms is applied (L1)
///            ◀───────────────────
///                  Demote
/// </code>
/// </remarks>
public sealed class Lessor
{
    private readonly LessorOptions _options;
    private readonly LeaseTable _leases = new();
    private readonly LeaseQueue _expiries = new();
    private readonly LeaseQueue _checkpoints = new();
    private readonly List<LeaseId> _begun = [];
    private readonly Dictionary<LeaseId, AttachedKeys> _orphans = [];

    internal Lessor(LessorOptions options)
    {
        Check.That(options.CheckpointInterval >= TimeSpan.FromSeconds(1), "leases are checkpointed once a second at most");
        Check.That(options.RevokeRetry > TimeSpan.Zero, "a revocation is retried later, not at once");
        _options = options;
    }

    /// <summary>Whether this member keeps the time.</summary>
    public bool IsPrimary { get; private set; }

    public int Count => _leases.Count;

    public bool Contains(LeaseId lease) => _leases.Contains(lease);

    /// <summary>The granted TTL in seconds; false where there is no such lease.</summary>
    public bool TryGetTtl(LeaseId lease, out long ttlSeconds)
    {
        ttlSeconds = 0;
        if (!_leases.TryFind(lease, out var place))
            return false;
        ttlSeconds = _leases[place].TtlSeconds;
        return true;
    }

    /// <summary>Appends the attached keys in key order; they stay valid as long as they are referred to.</summary>
    public void CopyKeysTo(LeaseId lease, List<ReadOnlyMemory<byte>> destination)
    {
        if (_leases.TryFind(lease, out var place))
            _leases[place].Keys?.CopyTo(destination);
    }

    /// <summary>Whether the caller may write every attached key; there are none where there is no such lease.</summary>
    internal EtcdError? CheckWrite(LeaseId lease, in KeyAccess caller) =>
        _leases.TryFind(lease, out var place) ? _leases[place].Keys?.CheckWrite(caller) : null;

    /// <summary>Appends every lease: by expiry on the primary, by id elsewhere.</summary>
    public void CopyLeasesTo(List<LeaseId> destination)
    {
        var first = destination.Count;
        var expiries = new Dictionary<LeaseId, long>();
        for (var place = 0; place < _leases.PlacesUsed; place++)
        {
            ref var slot = ref _leases[place];
            if (slot.Id.IsNone)
                continue;
            destination.Add(slot.Id);
            expiries[slot.Id] = slot.ExpiryTicks;
        }

        destination.Sort(first, destination.Count - first, Comparer<LeaseId>.Create((left, right) =>
        {
            var byExpiry = expiries[left].CompareTo(expiries[right]);
            return byExpiry != 0 ? byExpiry : left.CompareTo(right);
        }));
    }

    // The primary's clock.

    /// <summary>
    /// This member leads and has applied every entry of earlier terms. Every lease starts again with its full or checkpointed
    /// TTL, and lives <paramref name="extend"/> longer: the time an election may have taken from its owner (L5).
    /// </summary>
    public void Promote(Instant now, TimeSpan extend)
    {
        Check.That(extend >= TimeSpan.Zero, "a new primary never shortens a lease");
        IsPrimary = true;
        for (var place = 0; place < _leases.PlacesUsed; place++)
        {
            ref var slot = ref _leases[place];
            if (slot.Id.IsNone)
                continue;
            var seconds = slot.CheckpointedSeconds > 0 ? slot.CheckpointedSeconds : slot.TtlSeconds;
            slot.ExpiryTicks = (now + TimeSpan.FromSeconds(seconds) + extend).Ticks;
            slot.QueuedTicks = 0;
            slot.CheckpointProposed = false;
        }

        RebuildExpiries();
        RebuildCheckpoints(now);
    }

    /// <summary>This member no longer leads: its clock stops, nothing expires here.</summary>
    public void Demote()
    {
        IsPrimary = false;
        for (var place = 0; place < _leases.PlacesUsed; place++)
        {
            ref var slot = ref _leases[place];
            slot.ExpiryTicks = long.MaxValue;
            slot.QueuedTicks = 0;
            slot.CheckpointTicks = 0;
            slot.CheckpointProposed = false;
        }

        _expiries.Clear();
        _checkpoints.Clear();
    }

    /// <summary>
    /// A keep-alive. The answer's TTL is in <paramref name="ttlSeconds"/> when renewed, zero otherwise. The caller makes sure that
    /// everything committed before the call has been applied (L4), and that this member was still leader after it (L3).
    /// </summary>
    public RenewOutcome Renew(LeaseId lease, Instant now, out long ttlSeconds)
    {
        ttlSeconds = 0;
        if (!IsPrimary)
            return RenewOutcome.NotPrimary;
        if (!_leases.TryFind(lease, out var place))
            return RenewOutcome.NotFound;
        ref var slot = ref _leases[place];
        if (slot.ExpiryTicks <= now.Ticks)
            return RenewOutcome.Expired;
        // A checkpoint still on its way would overtake this renewal; the one of 0 comes after it in the log.
        if (slot.CheckpointedSeconds > 0 || slot.CheckpointProposed)
            return RenewOutcome.CheckpointFirst;
        slot.ExpiryTicks = Math.Max(slot.ExpiryTicks, (now + TimeSpan.FromSeconds(slot.TtlSeconds)).Ticks);
        ScheduleCheckpoint(ref slot, now);
        _begun.Add(lease);
        ttlSeconds = slot.TtlSeconds;
        return RenewOutcome.Renewed;
    }

    /// <summary>
    /// What was granted or renewed since <see cref="ForgetBegun"/> begins at this time: the clock turned out to have been behind
    /// when it was. Never shortens a lease.
    /// </summary>
    public void BeginAgain(Instant now)
    {
        if (!IsPrimary)
            return;
        foreach (var lease in _begun)
        {
            if (!_leases.TryFind(lease, out var place))
                continue;
            ref var slot = ref _leases[place];
            slot.ExpiryTicks = Math.Max(slot.ExpiryTicks, (now + TimeSpan.FromSeconds(slot.TtlSeconds)).Ticks);
        }
    }

    /// <summary>The clock is right up to now; called at every tick, so that the list stays as short as a tick.</summary>
    public void ForgetBegun() => _begun.Clear();

    /// <summary>The time left; false where there is no such lease. Only the primary knows (L6).</summary>
    public bool TryGetExpiry(LeaseId lease, Instant now, out LeaseExpiry expiry)
    {
        Check.That(IsPrimary, "only the primary is asked for a lease's time");
        expiry = default;
        if (!_leases.TryFind(lease, out var place))
            return false;
        ref var slot = ref _leases[place];
        expiry = new LeaseExpiry(lease, slot.TtlSeconds, new Instant(slot.ExpiryTicks) - now);
        return true;
    }

    /// <summary>
    /// Names expired leases, as many as the span takes, in the order of their expiry, and returns their number. A lease is named
    /// again after <see cref="LessorOptions.RevokeRetry"/> if it still exists then. Costs O(log n) for each that is named (L10).
    /// </summary>
    public int Expired(Instant now, Span<LeaseId> destination)
    {
        if (!IsPrimary)
            return 0;
        var found = 0;
        while (found < destination.Length && _expiries.TryTake(now.Ticks, out var lease, out var ticks))
        {
            if (!_leases.TryFind(lease, out var place) || _leases[place].QueuedTicks != ticks)
                continue;
            ref var slot = ref _leases[place];
            var expired = slot.ExpiryTicks <= now.Ticks;
            if (expired)
                destination[found++] = lease;
            slot.QueuedTicks = expired ? (now + _options.RevokeRetry).Ticks : slot.ExpiryTicks;
            _expiries.Add(lease, slot.QueuedTicks);
        }

        return found;
    }

    /// <summary>Names checkpoints to propose, as many as the span takes, and returns their number.</summary>
    public int CheckpointsDue(Instant now, Span<LeaseCheckpointDue> destination)
    {
        if (!IsPrimary)
            return 0;
        var found = 0;
        while (found < destination.Length && _checkpoints.TryTake(now.Ticks, out var lease, out var ticks))
        {
            if (!_leases.TryFind(lease, out var place) || _leases[place].CheckpointTicks != ticks)
                continue;
            ref var slot = ref _leases[place];
            slot.CheckpointTicks = 0;
            var remaining = CeilingSeconds(slot.ExpiryTicks - now.Ticks);
            // Nothing to record about a lease that is over, or was renewed within this second.
            if (remaining > 0 && remaining < slot.TtlSeconds)
            {
                destination[found++] = new LeaseCheckpointDue(lease, remaining);
                slot.CheckpointProposed = true;
            }

            ScheduleCheckpoint(ref slot, now);
        }

        return found;
    }

    // Changes by applied entries.

    internal void Grant(LeaseId lease, long ttlSeconds, Instant now)
    {
        Check.That(!lease.IsNone && ttlSeconds > 0, "a granted lease has an id and a TTL");
        ref var slot = ref _leases.Add(lease);
        slot.TtlSeconds = ttlSeconds;
        if (_orphans.Remove(lease, out var keys))
            slot.Keys = keys;
        slot.ExpiryTicks = long.MaxValue;
        if (!IsPrimary)
            return;
        slot.ExpiryTicks = (now + TimeSpan.FromSeconds(ttlSeconds)).Ticks;
        slot.QueuedTicks = slot.ExpiryTicks;
        _expiries.Add(lease, slot.QueuedTicks);
        ScheduleCheckpoint(ref slot, now);
        _begun.Add(lease);
    }

    internal void Remove(LeaseId lease)
    {
        _leases.Remove(lease);
        if (_expiries.IsMostlyStale(_leases.Count))
            RebuildExpiries();
        if (_checkpoints.IsMostlyStale(_leases.Count))
            _checkpoints.Rebuild(QueuedCheckpoints());
    }

    /// <summary>Records a checkpoint; false where the lease does not exist any more. It tells the next primary, not this one.</summary>
    internal bool SetCheckpoint(LeaseId lease, long remainingSeconds)
    {
        if (!_leases.TryFind(lease, out var place))
            return false;
        ref var slot = ref _leases[place];
        slot.CheckpointedSeconds = Math.Clamp(remainingSeconds, 0, slot.TtlSeconds);
        slot.CheckpointProposed = false;
        return true;
    }

    internal long CheckpointOf(LeaseId lease) => _leases.TryFind(lease, out var place) ? _leases[place].CheckpointedSeconds : 0;

    internal void Attach(LeaseId lease, ReadOnlySpan<byte> key)
    {
        var found = _leases.TryFind(lease, out var place);
        Check.That(found, "a key is attached to an existing lease");
        ref var slot = ref _leases[place];
        slot.Keys ??= new AttachedKeys();
        slot.Keys.Add(key);
    }

    internal void Detach(LeaseId lease, ReadOnlySpan<byte> key)
    {
        if (_leases.TryFind(lease, out var place))
            _leases[place].Keys?.Remove(key);
        else if (_orphans.TryGetValue(lease, out var keys))
            keys.Remove(key);
    }

    /// <summary>A stored key names the lease, which was never granted here: it is attached when that is.</summary>
    internal void AttachWhenGranted(LeaseId lease, ReadOnlySpan<byte> key)
    {
        if (!_orphans.TryGetValue(lease, out var keys))
            _orphans.Add(lease, keys = new AttachedKeys());
        keys.Add(key);
    }

    private void RebuildExpiries()
    {
        if (IsPrimary)
            _expiries.Rebuild(QueuedExpiries());
    }

    private IEnumerable<(LeaseId Lease, long Ticks)> QueuedExpiries()
    {
        for (var place = 0; place < _leases.PlacesUsed; place++)
        {
            var slot = _leases[place];
            if (slot.Id.IsNone)
                continue;
            // An item that waits for a retry keeps its time: the lease is not named again before.
            var ticks = Math.Max(slot.QueuedTicks, slot.ExpiryTicks);
            _leases[place].QueuedTicks = ticks;
            yield return (slot.Id, ticks);
        }
    }

    private void RebuildCheckpoints(Instant now)
    {
        _checkpoints.Clear();
        for (var place = 0; place < _leases.PlacesUsed; place++)
        {
            ref var slot = ref _leases[place];
            slot.CheckpointTicks = 0;
            if (!slot.Id.IsNone)
                ScheduleCheckpoint(ref slot, now);
        }
    }

    private IEnumerable<(LeaseId Lease, long Ticks)> QueuedCheckpoints()
    {
        for (var place = 0; place < _leases.PlacesUsed; place++)
        {
            var slot = _leases[place];
            if (slot.CheckpointTicks != 0)
                yield return (slot.Id, slot.CheckpointTicks);
        }
    }

    // A lease with less left than one interval is over, or renewed, before a checkpoint could matter.
    private void ScheduleCheckpoint(ref LeaseSlot slot, Instant now)
    {
        var due = (now + _options.CheckpointInterval).Ticks;
        if (!_options.Checkpoints || slot.CheckpointTicks != 0 || slot.ExpiryTicks <= due)
            return;
        slot.CheckpointTicks = due;
        _checkpoints.Add(slot.Id, due);
    }

    private static long CeilingSeconds(long ticks) => (ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
}

using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>Grants, revocations and checkpoints: the replicated half of the leases, with their records in the same batch.</summary>
internal sealed class LeaseApplier
{
    private readonly MvccWriter _writer;
    private readonly Lessor _leases;
    private readonly ITraceSink _trace;
    private readonly List<ReadOnlyMemory<byte>> _keys = [];

    public LeaseApplier(MvccWriter writer, Lessor leases, ITraceSink trace)
    {
        _writer = writer;
        _leases = leases;
        _trace = trace;
    }

    public EtcdError? ApplyGrant(ReadOnlySpan<byte> request, Instant now, ByteWriter body)
    {
        if (!LeaseGrantFields.TryRead(request, out var grant))
            return EtcdErrors.MalformedRequest;
        if (grant.Lease.IsNone)
            return EtcdErrors.LeaseNotFound;
        if (RequestValidator.Check(grant) is { } error)
            return error;
        if (_leases.Contains(grant.Lease))
            return EtcdErrors.LeaseExists;
        // The proposer has raised the TTL to the cluster's least one; a command without any is not refused for it.
        var ttl = Math.Max(grant.TtlSeconds, 1);
        _leases.Grant(grant.Lease, ttl, now);
        LeaseRecords.Put(_writer.Batch, grant.Lease, ttl, 0);
        _trace.Emit(new TraceEvent(TraceKind.LeaseGranted, (ulong)grant.Lease.Value, (ulong)ttl));
        body.WriteInt64Field(2, grant.Lease.Value);
        body.WriteInt64Field(3, ttl);
        return null;
    }

    /// <summary>The attached keys are deleted in key order, in one revision; none are, none is consumed (L7).</summary>
    public EtcdError? ApplyRevoke(ReadOnlySpan<byte> request, bool expired)
    {
        if (!TryReadId(request, out var lease))
            return EtcdErrors.MalformedRequest;
        if (!_leases.Contains(lease))
            return EtcdErrors.LeaseNotFound;
        _keys.Clear();
        _leases.CopyKeysTo(lease, _keys);
        _writer.BeginTxn();
        foreach (var key in _keys)
        {
            var deleted = _writer.DeleteRange(key.Span, default);
            Check.That(deleted.Count == 1, "an attached key exists");
        }

        _writer.EndTxn();
        _leases.Remove(lease);
        LeaseRecords.Delete(_writer.Batch, lease);
        if (expired)
            _trace.Emit(new TraceEvent(TraceKind.LeaseExpired, (ulong)lease.Value, (ulong)_keys.Count));
        _keys.Clear();
        return null;
    }

    /// <summary>Leases that are gone meanwhile are passed over.</summary>
    public EtcdError? ApplyCheckpoint(ReadOnlySpan<byte> request)
    {
        foreach (var encoded in new FieldCursor(request, 1))
        {
            if (!TryReadCheckpoint(encoded, out var lease, out var remaining))
                return EtcdErrors.MalformedRequest;
            if (!_leases.SetCheckpoint(lease, remaining))
                continue;
            var found = _leases.TryGetTtl(lease, out var ttl);
            Check.That(found, "a lease that was checkpointed exists");
            LeaseRecords.Put(_writer.Batch, lease, ttl, _leases.CheckpointOf(lease));
        }

        return null;
    }

    public static bool TryReadId(ReadOnlySpan<byte> request, out LeaseId lease) => TryReadCheckpoint(request, out lease, out _);

    // LeaseRevokeRequest and LeaseCheckpoint both have the lease in field 1; the latter has the remaining TTL in field 2.
    private static bool TryReadCheckpoint(ReadOnlySpan<byte> encoded, out LeaseId lease, out long remaining)
    {
        ulong id = 0, seconds = 0;
        lease = default;
        remaining = 0;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out _))
                return false;
            switch ((field, type))
            {
                case (1, Wire.WireType.Varint): id = number; break;
                case (2, Wire.WireType.Varint): seconds = number; break;
                default: break;
            }
        }

        lease = new LeaseId((long)id);
        remaining = (long)seconds;
        return true;
    }
}

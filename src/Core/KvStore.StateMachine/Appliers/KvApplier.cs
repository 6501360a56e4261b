using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// Puts and deletes: what they must find (checked first, M4), what they change, what they answer. A lease's attached keys follow
/// from here and nowhere else.
/// </summary>
internal sealed class KvApplier
{
    private const int PutPreviousField = 2;
    private const int DeletedField = 2;
    private const int DeletePreviousField = 3;

    private readonly MvccWriter _writer;
    private readonly Lessor _leases;
    private readonly ByteWriter _scratch = new();

    public KvApplier(MvccWriter writer, Lessor leases)
    {
        _writer = writer;
        _leases = leases;
    }

    /// <summary>A Put of its own. <paramref name="body"/> is null where nobody reads it.</summary>
    public EtcdError? ApplyPut(in PutFields put, ByteWriter? body)
    {
        if (CheckPut(put) is { } error)
            return error;
        _writer.BeginTxn();
        var result = Put(put);
        _writer.EndTxn();
        if (body is not null)
            WritePut(body, put, result);
        return null;
    }

    /// <summary>A DeleteRange of its own.</summary>
    public EtcdError? ApplyDeleteRange(in DeleteRangeFields delete, ByteWriter? body, int bodyBytesMax)
    {
        if (RequestValidator.Check(delete) is { } error)
            return error;
        _writer.BeginTxn();
        var deleted = DeleteRange(delete);
        _writer.EndTxn();
        var answered = body is null || TryWriteDeleteRange(body, delete, deleted, bodyBytesMax);
        return answered ? null : EtcdErrors.ResponseTooLarge;
    }

    /// <summary>Everything that can refuse a put, on the state before the first write of its transaction.</summary>
    public EtcdError? CheckPut(in PutFields put)
    {
        if (RequestValidator.Check(put) is { } malformed)
            return malformed;
        if (!put.Lease.IsNone && !_leases.Contains(put.Lease))
            return EtcdErrors.LeaseNotFound;
        if ((put.IgnoreValue || put.IgnoreLease) && !_writer.TryGet(put.Key, Revision.Zero, out _))
            return EtcdErrors.KeyNotFound;
        return null;
    }

    /// <summary>Carries out a checked put within the running transaction.</summary>
    public PutResult Put(in PutFields put)
    {
        var value = put.Value;
        var lease = put.Lease;
        if (put.IgnoreValue || put.IgnoreLease)
        {
            var exists = _writer.TryGet(put.Key, Revision.Zero, out var current);
            Check.That(exists, "a put that keeps a part of its key was checked against the state it runs on");
            if (put.IgnoreLease)
                lease = current.Lease;
            if (put.IgnoreValue)
                value = ReadValue(current);
        }

        var result = _writer.Put(put.Key, value, lease);
        Reattach(put.Key, result.Previous?.Lease ?? LeaseId.None, lease);
        return result;
    }

    public void WritePut(ByteWriter body, in PutFields put, in PutResult result)
    {
        if (put.PreviousWanted && result.Previous is { } previous)
            WriteStored(body, PutPreviousField, previous);
    }

    /// <summary>Deletes within the running transaction; the list is valid until the next deletion.</summary>
    public IReadOnlyList<DeletedKey> DeleteRange(in DeleteRangeFields delete)
    {
        var deleted = _writer.DeleteRange(delete.Key, delete.End);
        foreach (var key in deleted)
        {
            if (!key.Previous.Lease.IsNone)
                _leases.Detach(key.Previous.Lease, key.Key.Span);
        }

        return deleted;
    }

    /// <summary>False when the answer would be too large; the deletion is done all the same.</summary>
    public bool TryWriteDeleteRange(ByteWriter body, in DeleteRangeFields delete, IReadOnlyList<DeletedKey> deleted, int bodyBytesMax)
    {
        body.WriteInt64Field(DeletedField, deleted.Count);
        if (!delete.PreviousWanted)
            return true;
        foreach (var key in deleted)
        {
            if (body.WrittenCount > bodyBytesMax - key.Previous.StoredBytes)
                return false;
            WriteStored(body, DeletePreviousField, key.Previous);
        }

        return true;
    }

    private void Reattach(ReadOnlySpan<byte> key, LeaseId before, LeaseId after)
    {
        if (before == after)
            return;
        if (!before.IsNone)
            _leases.Detach(before, key);
        if (!after.IsNone)
            _leases.Attach(after, key);
    }

    private ReadOnlySpan<byte> ReadValue(KeyMeta meta)
    {
        _scratch.Clear();
        _writer.CopyKeyValue(meta, _scratch);
        return KeyValueFields.ValueOf(_scratch.WrittenSpan);
    }

    private void WriteStored(ByteWriter body, int field, in KeyMeta meta)
    {
        body.WriteTag(field, Wire.WireType.LengthDelimited);
        body.WriteVarint((ulong)meta.StoredBytes);
        _writer.CopyKeyValue(meta, body);
    }
}

using System.Buffers.Binary;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// The alarms that are on, and what they forbid. Immutable: a change makes a new table, so any thread may read the one it was
/// given. Stored as <c>x</c> + kind (4 bytes) + member (8 bytes), both big-endian, with an empty value.
/// </summary>
public sealed class AlarmTable
{
    public static readonly AlarmTable Empty = new([]);

    private const byte Table = (byte)'x';
    private const int KeyBytes = 13;

    private readonly Alarm[] _alarms;

    private AlarmTable(Alarm[] alarms)
    {
        _alarms = alarms;
        HasNoSpace = Array.Exists(alarms, alarm => alarm.Kind == AlarmKind.NoSpace);
        HasCorrupt = Array.Exists(alarms, alarm => alarm.Kind == AlarmKind.Corrupt);
    }

    /// <summary>By kind, then by member.</summary>
    public IReadOnlyList<Alarm> Alarms => _alarms;

    public bool HasNoSpace { get; }

    public bool HasCorrupt { get; }

    /// <summary>
    /// Why a command may not run now; null when it may. NOSPACE stops what takes space, CORRUPT everything that reads or writes
    /// keys and leases; what frees space or repairs goes on (M18, C15).
    /// </summary>
    internal EtcdError? Refusal(in CommandFields command)
    {
        if (HasCorrupt && IsOfKeysOrLeases(command.Kind))
            return EtcdErrors.Corrupt;
        if (!HasNoSpace)
            return null;
        var takesSpace = command.Kind switch
        {
            CommandKind.Put or CommandKind.LeaseGrant => true,
            CommandKind.Txn => TxnFields.TryRead(command.Operation, out var txn) && Quota.CostOf(txn) > 0,
            _ => false,
        };
        return takesSpace ? EtcdErrors.NoSpace : null;
    }

    internal AlarmTable With(Alarm alarm)
    {
        var place = Array.BinarySearch(_alarms, alarm);
        if (place >= 0)
            return this;
        List<Alarm> alarms = [.. _alarms];
        alarms.Insert(~place, alarm);
        return new AlarmTable([.. alarms]);
    }

    internal AlarmTable Without(Alarm alarm) => new(Array.FindAll(_alarms, other => other != alarm));

    internal bool Contains(Alarm alarm) => Array.BinarySearch(_alarms, alarm) >= 0;

    public static void Put(StoreBatch batch, Alarm alarm)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, alarm);
        batch.Put(key, default);
    }

    internal static void Delete(StoreBatch batch, Alarm alarm)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, alarm);
        batch.Delete(key);
    }

    public static AlarmTable Load(IOrderedStore store)
    {
        var alarms = new List<Alarm>();
        using var scan = store.Scan([Table], [Table + 1]);
        while (scan.MoveNext())
        {
            Check.That(scan.Key.Length == KeyBytes, "a stored alarm names its kind and its member");
            var kind = (AlarmKind)BinaryPrimitives.ReadInt32BigEndian(scan.Key[1..]);
            alarms.Add(new Alarm(kind, new MemberId(BinaryPrimitives.ReadUInt64BigEndian(scan.Key[5..]))));
        }

        alarms.Sort();
        return new AlarmTable([.. alarms]);
    }

    private static bool IsOfKeysOrLeases(CommandKind kind) => kind is CommandKind.Put or CommandKind.DeleteRange or CommandKind.Txn
        or CommandKind.Compaction or CommandKind.LeaseGrant or CommandKind.LeaseRevoke;

    private static void WriteKey(Span<byte> key, Alarm alarm)
    {
        key[0] = Table;
        BinaryPrimitives.WriteInt32BigEndian(key[1..], (int)alarm.Kind);
        BinaryPrimitives.WriteUInt64BigEndian(key[5..], alarm.Member.Value);
    }
}

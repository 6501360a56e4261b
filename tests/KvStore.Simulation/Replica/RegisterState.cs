using System.Buffers.Binary;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Simulation.Replica;

/// <summary>The smallest state machine that can be wrong: registers, and a hash over everything that was ever applied.</summary>
internal sealed class RegisterState
{
    public const int KeysMax = 8;
    private const int CommandBytes = 8 + 1 + 8;

    private readonly ulong[] _values = new ulong[KeysMax];

    public LogIndex Applied { get; private set; }

    public Term AppliedTerm { get; private set; }

    /// <summary>What founders begin with: the common first entry that nobody ever sends is applied.</summary>
    public static RegisterState Founding() => new() { Applied = new LogIndex(1), AppliedTerm = new Term(1) };

    /// <summary>Depends on every entry up to <see cref="Applied"/> and on nothing else.</summary>
    public uint Hash { get; private set; }

    public static byte[] Put(RequestId request, int key, ulong value, int ballast)
    {
        var command = new byte[CommandBytes + ballast];
        command.AsSpan(CommandBytes).Fill(0xBA);
        BinaryPrimitives.WriteUInt64LittleEndian(command, request.Value);
        command[8] = (byte)key;
        BinaryPrimitives.WriteUInt64LittleEndian(command.AsSpan(9), value);
        return command;
    }

    public ulong Get(int key) => _values[key];

    /// <summary>Applies the next entry; the request it belongs to, or none.</summary>
    public RequestId Apply(in LogEntry entry)
    {
        Check.That(entry.Index == Applied.Next, "entries are applied one after the other");
        Applied = entry.Index;
        AppliedTerm = entry.Term;
        Span<byte> head = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(head, entry.Term.Value);
        Hash = Crc32C.Append(Crc32C.Append(Hash, head), entry.Data.Span);
        if (entry.Kind != LogEntryKind.Command || entry.Data.Length < CommandBytes)
            return RequestId.None;
        var data = entry.Data.Span;
        _values[data[8]] = BinaryPrimitives.ReadUInt64LittleEndian(data[9..]);
        return new RequestId(BinaryPrimitives.ReadUInt64LittleEndian(data));
    }

    public SnapshotMark Mark(Membership membership) => new(Applied, AppliedTerm, membership);

    public byte[] Save()
    {
        var writer = new ByteWriter();
        Write(writer, Applied.Value);
        Write(writer, AppliedTerm.Value);
        Write(writer, Hash);
        foreach (var value in _values)
            Write(writer, value);
        Write(writer, Crc32C.Of(writer.WrittenSpan));
        return writer.ToArray();
    }

    /// <summary>Null when the bytes are not what <see cref="Save"/> made.</summary>
    public static RegisterState? Load(ReadOnlySpan<byte> saved)
    {
        if (saved.Length != (3 + KeysMax + 1) * 8 || Crc32C.Of(saved[..^8]) != BinaryPrimitives.ReadUInt64LittleEndian(saved[^8..]))
            return null;
        var state = new RegisterState
        {
            Applied = new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(saved)),
            AppliedTerm = new Term(BinaryPrimitives.ReadUInt64LittleEndian(saved[8..])),
            Hash = (uint)BinaryPrimitives.ReadUInt64LittleEndian(saved[16..]),
        };
        for (var i = 0; i < KeysMax; i++)
            state._values[i] = BinaryPrimitives.ReadUInt64LittleEndian(saved[(24 + (8 * i))..]);
        return state;
    }

    private static void Write(ByteWriter writer, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(writer.Take(8), value);
}

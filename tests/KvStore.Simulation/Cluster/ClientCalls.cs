using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Simulation.Cluster;

/// <summary>The commands that simulated clients send, encoded as the API would.</summary>
internal static class ClientCalls
{
    public static byte[] Key(int key) => [(byte)'k', (byte)('0' + key)];

    public static byte[] Put(RequestId request, int key, ulong value, int ballast, LeaseId lease) =>
        Command(request, CommandKind.Put, PutBody(key, value, ballast, lease));

    public static byte[] Delete(RequestId request, int key)
    {
        var body = new ByteWriter();
        body.WriteBytesField(1, Key(key));
        return Command(request, CommandKind.DeleteRange, body);
    }

    public static byte[] Compact(RequestId request, Revision revision)
    {
        var body = new ByteWriter();
        body.WriteInt64Field(1, revision.Value);
        return Command(request, CommandKind.Compaction, body);
    }

    public static byte[] LeaseGrant(RequestId request, LeaseId lease, long ttlSeconds)
    {
        var writer = new ByteWriter();
        CommandWriter.WriteLeaseGrant(writer, request, default, new LeaseGrantFields { Lease = lease, TtlSeconds = ttlSeconds });
        return writer.ToArray();
    }

    /// <summary>Puts only if the key was last written at a revision.</summary>
    public static byte[] PutIfUnchanged(RequestId request, int key, Revision modified, ulong value)
    {
        const int TargetModRevision = 2;
        var compare = new ByteWriter();
        compare.WriteInt64Field(2, TargetModRevision);
        compare.WriteBytesField(3, Key(key));
        compare.WriteTag(6, Wire.WireType.Varint);
        compare.WriteVarint((ulong)modified.Value);
        var operation = new ByteWriter();
        operation.WriteMessageField(2, PutBody(key, value, 0, default).WrittenSpan);
        var body = new ByteWriter();
        body.WriteMessageField(1, compare.WrittenSpan);
        body.WriteMessageField(2, operation.WrittenSpan);
        return Command(request, CommandKind.Txn, body);
    }

    /// <summary>Whether the body of a TxnResponse says that the comparison held.</summary>
    public static bool Succeeded(ReadOnlySpan<byte> body)
    {
        while (Wire.TryReadField(ref body, out var field, out _, out var number, out _))
        {
            if (field == 2)
                return number != 0;
        }

        return false;
    }

    /// <summary>How many keys a DeleteRangeResponse says are gone.</summary>
    public static ulong DeletedCount(ReadOnlySpan<byte> body)
    {
        while (Wire.TryReadField(ref body, out var field, out _, out var number, out _))
        {
            if (field == 2)
                return number;
        }

        return 0;
    }

    /// <summary>The seconds a LeaseKeepAliveResponse gives; zero when the lease is gone.</summary>
    public static long TimeToLive(ReadOnlySpan<byte> body)
    {
        while (Wire.TryReadField(ref body, out var field, out _, out var number, out _))
        {
            if (field == 3)
                return (long)number;
        }

        return 0;
    }

    /// <summary>The number at the start of the value of a stored mvccpb.KeyValue.</summary>
    public static ulong ValueOf(ReadOnlySpan<byte> keyValue)
    {
        while (Wire.TryReadField(ref keyValue, out var field, out _, out _, out var bytes))
        {
            if (field == 5)
                return System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        return 0;
    }

    private static ByteWriter PutBody(int key, ulong value, int ballast, LeaseId lease)
    {
        var bytes = new byte[8 + ballast];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        var body = new ByteWriter();
        body.WriteBytesField(1, Key(key));
        body.WriteBytesField(2, bytes);
        body.WriteInt64Field(3, lease.Value);
        return body;
    }

    private static byte[] Command(RequestId request, CommandKind kind, ByteWriter body)
    {
        var writer = new ByteWriter();
        CommandWriter.Write(writer, request, default, kind, body.WrittenSpan);
        return writer.ToArray();
    }
}

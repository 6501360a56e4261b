using System.Globalization;
using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Benchmarks.Load;

/// <summary>The requests of a workload: keys drawn from a fixed space, values of a fixed size, encoded once per call.</summary>
internal sealed class Requests(Operation operation, ulong seed)
{
    public const int KeySpace = 10_000;
    public const int ValueBytes = 256;

    private readonly Prng _random = new(seed);
    private readonly ByteString _value = Value(seed);

    public string Path => PathOf(operation);

    public static string PathOf(Operation operation) => operation switch
    {
        Operation.Put => "/etcdserverpb.KV/Put",
        Operation.TxnPut => "/etcdserverpb.KV/Txn",
        _ => "/etcdserverpb.KV/Range",
    };

    public byte[] Next() => Encode(operation, Key(_random.Below(KeySpace)), _value);

    public static byte[] Encode(Operation operation, ByteString key, ByteString value) => operation switch
    {
        Operation.Put => new PutRequest { Key = key, Value = value }.ToByteArray(),
        Operation.TxnPut => new TxnRequest
        {
            // What control planes write: put when nothing changed since it was read, else read. Version 0 or more is always true.
            Compare = { new Compare { Key = key, Target = Compare.Types.CompareTarget.Version, Result = Compare.Types.CompareResult.Greater, Version = -1 } },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = key, Value = value } } },
            Failure = { new RequestOp { RequestRange = new RangeRequest { Key = key } } },
        }.ToByteArray(),
        Operation.RangeLinearizable => new RangeRequest { Key = key }.ToByteArray(),
        _ => new RangeRequest { Key = key, Serializable = true }.ToByteArray(),
    };

    public static ByteString Key(int number) => ByteString.CopyFromUtf8(number.ToString("d16", CultureInfo.InvariantCulture));

    public static ByteString Value(ulong seed)
    {
        var bytes = new byte[ValueBytes];
        new Prng(seed).Fill(bytes);
        return ByteString.CopyFrom(bytes);
    }
}

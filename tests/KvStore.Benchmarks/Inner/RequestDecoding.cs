using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Benchmarks.Inner;

/// <summary>A put of 256 B, read in place as every put is, and by Google's parser for comparison.</summary>
public class RequestDecoding
{
    private readonly byte[] _encoded = new PutRequest { Key = ByteString.CopyFrom(new byte[16]), Value = ByteString.CopyFrom(new byte[256]), Lease = 7 }.ToByteArray();

    [Benchmark]
    public int InPlace() => PutFields.TryRead(_encoded, out var put) ? put.Key.Length + put.Value.Length : 0;

    [Benchmark]
    public PutRequest ByParser() => PutRequest.Parser.ParseFrom(_encoded);
}

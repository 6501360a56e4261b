using BenchmarkDotNet.Attributes;
using KvStore.Primitives;

namespace KvStore.Benchmarks.Inner;

/// <summary>The checksum of the log's records, of snapshots and of the key space's hash.</summary>
public class Checksums
{
    private readonly byte[] _bytes = new byte[4096];

    [Benchmark]
    public uint Crc32COf4Kib() => Crc32C.Of(_bytes);
}

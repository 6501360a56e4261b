using System.Buffers.Binary;
using Google.Protobuf;
using KvStore.Hosting;
using KvStore.Primitives;

namespace KvStore.Ctl.Commands.Checks;

/// <summary>Random keys of one length under a prefix, and a value of zeros. Thread-safe.</summary>
internal sealed class CheckKeys(ByteString prefix, int keyBytes, int valueBytes)
{
    private readonly Lock _lock = new();
    private readonly Prng _random = new(Entropy.NextSeed());

    public ByteString Prefix => prefix;

    public ByteString Value { get; } = ByteString.CopyFrom(new byte[valueBytes]);

    public ByteString Next()
    {
        var key = new byte[prefix.Length + keyBytes];
        prefix.CopyTo(key, 0);
        lock (_lock)
            BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(prefix.Length), _random.NextUInt64());
        return UnsafeByteOperations.UnsafeWrap(key);
    }
}

using Google.Protobuf;

namespace KvStore.Client;

/// <summary>Range ends with a meaning of their own.</summary>
public static class KeyRanges
{
    /// <summary>As a range end: every key from the first one on.</summary>
    public static ByteString FromKey { get; } = ByteString.CopyFrom(0);

    /// <summary>The range end that covers every key with this prefix: the prefix, its last byte below 255 raised by one.</summary>
    public static ByteString PrefixEnd(ReadOnlySpan<byte> prefix)
    {
        for (var last = prefix.Length - 1; last >= 0; last--)
        {
            if (prefix[last] == 0xff)
                continue;
            var end = prefix[..(last + 1)].ToArray();
            end[last]++;
            return ByteString.CopyFrom(end);
        }

        return FromKey;
    }

    /// <summary>The first key that can be behind this one in the order of bytes: the key and a zero byte.</summary>
    public static ByteString Behind(ByteString key)
    {
        var next = new byte[key.Length + 1];
        key.CopyTo(next, 0);
        return UnsafeByteOperations.UnsafeWrap(next);
    }
}

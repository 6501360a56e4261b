using Google.Protobuf;

namespace KvStore.Client;

/// <summary>
/// Which keys are meant: one, those with a prefix, or those of a half-open interval in the order of their bytes. A string or
/// <see cref="KvBytes"/> means that one key.
/// </summary>
public readonly record struct KeyRange
{
    private KeyRange(ByteString key, ByteString end)
    {
        Key = key;
        End = end;
    }

    /// <summary>Every key there is.</summary>
    public static KeyRange All { get; } = new(KeyRanges.FromKey, KeyRanges.FromKey);

    /// <summary>The first key, as requests carry it.</summary>
    public ByteString Key { get; }

    /// <summary>The end, as requests carry it: empty for one key, a zero byte for "no end".</summary>
    public ByteString End { get; }

    /// <summary>True when exactly one key is meant.</summary>
    public bool IsOneKey => End.IsEmpty;

    /// <summary>One key.</summary>
    public static implicit operator KeyRange(string key) => One(key);

    /// <summary>One key.</summary>
    public static implicit operator KeyRange(KvBytes key) => One(key);

    /// <summary>One key.</summary>
    public static KeyRange One(KvBytes key) => new(key.ToByteString(), ByteString.Empty);

    /// <summary>Every key that begins with these bytes; all keys when there are none.</summary>
    public static KeyRange Prefix(KvBytes prefix) =>
        prefix.IsEmpty ? All : new KeyRange(prefix.ToByteString(), KeyRanges.PrefixEnd(prefix.Span));

    /// <summary>This key and all behind it.</summary>
    public static KeyRange From(KvBytes first) => first.IsEmpty ? All : new KeyRange(first.ToByteString(), KeyRanges.FromKey);

    /// <summary>From <paramref name="first"/> up to, but without, <paramref name="end"/>.</summary>
    /// <exception cref="ArgumentException">The end is empty, which would mean one key.</exception>
    public static KeyRange Between(KvBytes first, KvBytes end) =>
        end.IsEmpty
            ? throw new ArgumentException("an interval has an end", nameof(end))
            : new KeyRange(first.IsEmpty ? KeyRanges.FromKey : first.ToByteString(), end.ToByteString());

    /// <summary>True when the key is one of those meant.</summary>
    public bool Contains(KvBytes key)
    {
        if (IsOneKey)
            return key.ToByteString().Equals(Key);
        return key.Span.SequenceCompareTo(Key.Span) >= 0 && (End.Equals(KeyRanges.FromKey) || key.Span.SequenceCompareTo(End.Span) < 0);
    }
}

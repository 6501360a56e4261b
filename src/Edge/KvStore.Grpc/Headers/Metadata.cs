using System.Collections;

namespace KvStore.Grpc;

/// <summary>Headers or trailers of a call: names in lower case, in order, a name possibly several times. Not thread-safe.</summary>
public sealed class Metadata : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _entries = [];

    /// <summary>Shared and never changed.</summary>
    public static Metadata Empty { get; } = new();

    public int Count => _entries.Count;

    /// <summary>Adds a text value; one that is not printable ASCII cannot travel and is refused here, not in the transport.</summary>
    public void Add(string name, string value)
    {
        if (!IsName(name))
            throw new ArgumentException($"not a metadata name: {GoQuote.Quote(name)}", nameof(name));
        if (ReferenceEquals(this, Empty))
            throw new InvalidOperationException("the empty metadata is shared");
        if (!IsPrintable(value))
            throw new ArgumentException($"the value of {name} is not printable ASCII", nameof(value));
        AddReceived(name, value);
    }

    /// <summary>Adds bytes under a name that ends with `-bin`.</summary>
    public void AddBinary(string name, ReadOnlySpan<byte> value)
    {
        if (!name.EndsWith(GrpcHeaders.BinarySuffix, StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException("a binary value needs a name that ends with -bin", nameof(name));
        Add(name, BinaryMetadata.Encode(value));
    }

    /// <summary>The first value of that name, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var entry in _entries)
            {
                if (entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return entry.Value;
            }

            return null;
        }
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void AddReceived(string name, string value) => _entries.Add(new(name.ToLowerInvariant(), value));

    private static bool IsName(string name) =>
        name.Length > 0 && !GrpcHeaders.IsReserved(name)
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsPrintable(string value) => value.All(c => c is >= ' ' and <= '~');
}

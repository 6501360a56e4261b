namespace KvStore.Mvcc.Tests.Support;

/// <summary>The dumb model: every version of every key ever written, in lists; every answer by looking through them all.</summary>
internal sealed class KeyModel
{
    private readonly SortedDictionary<byte[], List<Version>> _keys = new(ByteOrder.Instance);

    public long Current { get; private set; } = 1;

    public long Compacted { get; private set; }

    public void Apply(long main, IEnumerable<Version> changes)
    {
        foreach (var change in changes)
        {
            if (!_keys.TryGetValue(change.Key, out var versions))
                _keys[change.Key] = versions = [];
            versions.Add(change);
            Current = main;
        }
    }

    public void Compact(long revision) => Compacted = revision;

    /// <summary>A crash has lost everything after a batch.</summary>
    public void ForgetAfter(long current, long compacted)
    {
        (Current, Compacted) = (current, compacted);
        foreach (var versions in _keys.Values)
            versions.RemoveAll(version => version.Main > current);
    }

    public Version? Get(byte[] key, long at) =>
        _keys.TryGetValue(key, out var versions) && versions.LastOrDefault(version => version.Main <= at) is { IsDelete: false } live ? live : null;

    public List<Version> Range(byte[] key, byte[] end, long at)
    {
        var found = new List<Version>();
        foreach (var candidate in _keys.Keys)
        {
            var inRange = end.Length == 0
                ? candidate.AsSpan().SequenceEqual(key)
                : candidate.AsSpan().SequenceCompareTo(key) >= 0 && (end is [0] || candidate.AsSpan().SequenceCompareTo(end) < 0);
            if (inRange && Get(candidate, at) is { } live)
                found.Add(live);
        }

        return found;
    }

    /// <summary>All changes of [from, to] in revision order.</summary>
    public List<Version> History(long from, long to) =>
        [.. _keys.Values.SelectMany(versions => versions).Where(v => v.Main >= from && v.Main <= to).OrderBy(v => v.Main).ThenBy(v => v.Sub)];

    /// <summary>What was live before a change's revision; null where nothing was, and for a key created in that revision.</summary>
    public Version? Before(Version change) =>
        change.Created != change.Main && _keys[change.Key].LastOrDefault(v => v.Main < change.Main) is { IsDelete: false } live ? live : null;

    /// <summary>What a compaction at r, run to its end, leaves: everything above r, the live version at r, the deletes at r, and what the same revision built on them.</summary>
    public List<Version> Survivors(long compacted)
    {
        var left = new List<Version>();
        foreach (var versions in _keys.Values)
        {
            left.AddRange(versions.Where(v => v.Main > compacted));
            if (versions.LastOrDefault(v => v.Main <= compacted) is not { } newest)
                continue;
            var deletedAt = versions.FindIndex(v => v.IsDelete && v.Main == compacted);
            if (deletedAt >= 0)
                left.AddRange(versions.Skip(deletedAt).Where(v => v.Main == compacted));
            else if (!newest.IsDelete)
                left.Add(newest);
        }

        return [.. left.OrderBy(v => v.Main).ThenBy(v => v.Sub)];
    }

    internal sealed record Version(byte[] Key, long Main, long Sub, long Created, long Count, long Lease, byte[] Value)
    {
        public bool IsDelete => Count == 0;

        /// <summary>What must be stored, encoded by the generated code, which shares nothing with ours.</summary>
        public byte[] Stored() => Google.Protobuf.MessageExtensions.ToByteArray(new Protocol.Mvcc.KeyValue
        {
            Key = Google.Protobuf.ByteString.CopyFrom(Key),
            CreateRevision = Created,
            ModRevision = IsDelete ? 0 : Main,
            Version = Count,
            Value = Google.Protobuf.ByteString.CopyFrom(Value),
            Lease = Lease,
        });

        public byte[] EventPair()
        {
            var pair = Protocol.Mvcc.KeyValue.Parser.ParseFrom(Stored());
            pair.ModRevision = Main;
            return Google.Protobuf.MessageExtensions.ToByteArray(pair);
        }
    }
}

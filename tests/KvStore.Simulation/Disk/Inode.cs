using KvStore.Primitives;

namespace KvStore.Simulation.Disk;

/// <summary>
/// The content of a file, twice: as the process sees it (page cache) and as it was last synced, with the changes between the two.
/// </summary>
internal sealed class Inode : DiskNode
{
    /// <summary>Written as a whole or not at all.</summary>
    private const int SectorBytes = 512;

    private readonly List<Change> _unsynced = [];
    private readonly List<(long Offset, byte Was, byte Is)> _rot = [];
    private byte[] _durable = [];
    private int _durableLength;
    private byte[] _cached = [];
    private int _length;

    public int Length => _length;

    public int UnsyncedChanges => _unsynced.Count;

    public Span<byte> Cached => _cached.AsSpan(0, _length);

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        _unsynced.Add(new Change(ChangeKind.Write, offset, bytes.ToArray()));
        Apply(_unsynced[^1], ref _cached, ref _length);
    }

    public void SetLength(long length)
    {
        _unsynced.Add(new Change(ChangeKind.SetLength, length, []));
        Apply(_unsynced[^1], ref _cached, ref _length);
    }

    /// <summary>Makes the changes since the last sync durable: not the cache, which may show what a failed sync lost.</summary>
    public void Sync()
    {
        foreach (var change in _unsynced)
            Apply(change, ref _durable, ref _durableLength);
        _unsynced.Clear();
    }

    /// <summary>What was synced, as it was written: without the bits that turned since.</summary>
    public Inode CopyOfDurable()
    {
        var copy = new Inode();
        copy.Write(0, _durable.AsSpan(0, _durableLength));
        copy.Sync();
        copy._rot.AddRange(_rot);
        copy.MendRot();
        return copy;
    }

    /// <summary>A bit that turns by itself, and is remembered.</summary>
    public void Rot(long offset, int bit)
    {
        var was = Cached[(int)offset];
        FlipBit(offset, bit);
        _rot.Add((offset, was, Cached[(int)offset]));
    }

    /// <summary>Puts back what turned and was not written over since.</summary>
    public void MendRot()
    {
        foreach (var (offset, was, now) in _rot)
        {
            if (offset < _length && _cached[offset] == now)
                _cached[offset] = was;
            if (offset < _durableLength && _durable[offset] == now)
                _durable[offset] = was;
        }

        _rot.Clear();
    }

    /// <summary>A sync that failed: the cache goes on showing what will never be written.</summary>
    public void ForgetUnsynced() => _unsynced.Clear();

    /// <summary>Damages what is on disk and in the cache alike.</summary>
    public void FlipBit(long offset, int bit)
    {
        Cached[(int)offset] ^= (byte)(1 << bit);
        if (offset < _durableLength)
            _durable[offset] ^= (byte)(1 << bit);
    }

    public void LosePower(PowerLoss loss, Prng prng)
    {
        foreach (var change in Survivors(loss, prng))
            Apply(change, ref _durable, ref _durableLength);
        _unsynced.Clear();
        _cached = _durable.ToArray();
        _length = _durableLength;
    }

    private List<Change> Survivors(PowerLoss loss, Prng prng)
    {
        switch (loss)
        {
            case PowerLoss.LoseAll:
                return [];
            case PowerLoss.KeepAll:
                return [.. _unsynced];
            case PowerLoss.KeepPrefix:
                var count = prng.Below(_unsynced.Count + 1);
                var kept = _unsynced[..count];
                if (count < _unsynced.Count)
                    kept.AddRange(Torn(_unsynced[count], prng));
                return kept;
            default:
                var some = new List<Change>();
                foreach (var change in _unsynced)
                    some.AddRange(Torn(change, prng));
                return some;
        }
    }

    private static IEnumerable<Change> Torn(Change change, Prng prng)
    {
        if (change.Kind == ChangeKind.SetLength)
        {
            if (prng.Chance(1, 2))
                yield return change;
            yield break;
        }

        for (var from = 0; from < change.Bytes.Length;)
        {
            var inSector = SectorBytes - (int)((change.Offset + from) % SectorBytes);
            var to = Math.Min(change.Bytes.Length, from + inSector);
            if (prng.Chance(1, 2))
                yield return new Change(ChangeKind.Write, change.Offset + from, change.Bytes[from..to]);
            from = to;
        }
    }

    private static void Apply(Change change, ref byte[] content, ref int length)
    {
        if (change.Kind == ChangeKind.SetLength)
        {
            Resize((int)change.Offset, ref content, ref length);
            return;
        }

        var end = checked((int)(change.Offset + change.Bytes.Length));
        if (end > length)
            Resize(end, ref content, ref length);
        change.Bytes.CopyTo(content.AsSpan((int)change.Offset));
    }

    private static void Resize(int newLength, ref byte[] content, ref int length)
    {
        if (newLength > content.Length)
            Array.Resize(ref content, Math.Max(newLength, Math.Min(content.Length * 2, 1 << 30)));
        if (newLength < length)
            content.AsSpan(newLength, length - newLength).Clear();
        length = newLength;
    }

    private enum ChangeKind
    {
        Write,
        SetLength,
    }

    private readonly record struct Change(ChangeKind Kind, long Offset, byte[] Bytes);
}

using KvStore.Platform;

namespace KvStore.Simulation.Store;

internal sealed class SimulatedScan : IStoreScan
{
    private readonly Stack<SortedBytes> _path = new();
    private readonly byte[] _toExclusive;
    private SortedBytes? _pair;
    private bool _disposed;

    public SimulatedScan(SortedBytes? root, ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive)
    {
        _toExclusive = toExclusive.ToArray();
        SortedBytes.Seek(root, fromInclusive, _path);
    }

    public ReadOnlySpan<byte> Key => Pair().Key;

    public ReadOnlySpan<byte> Value => Pair().Value;

    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _pair = _path.Count == 0 ? null : SortedBytes.Pop(_path);
        if (_pair is not null && (_toExclusive.Length == 0 || _pair.Key.AsSpan().SequenceCompareTo(_toExclusive) < 0))
            return true;
        _pair = null;
        _path.Clear();
        return false;
    }

    public void Dispose() => _disposed = true;

    // The real cursor's memory is gone here, so the simulated one refuses instead of answering.
    private SortedBytes Pair()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _pair ?? throw new InvalidOperationException("a scan has a pair only after MoveNext returned true");
    }
}

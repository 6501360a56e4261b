using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using KvStore.Platform;

namespace KvStore.RocksDb;

/// <summary>
/// A scan that a thread of its own moves, a few chunks ahead of the reader: finding and decompressing the pairs goes on while the reader works on
/// those before. An error is thrown where the reader comes to it, or up to a chunk before.
/// </summary>
internal sealed class AheadScan : IStoreScan
{
    /// <summary>Chunks at once: one that is read, one that is filled, and two between, so that neither side waits for the other's every turn.</summary>
    private const int ChunksMax = 4;

    private readonly IStoreScan _scan;
    private readonly BlockingCollection<ScanChunk> _filled = new(ChunksMax);
    private readonly BlockingCollection<ScanChunk> _free = new(ChunksMax);
    private readonly Thread _thread;
    private ScanChunk _current = new();
    private ExceptionDispatchInfo? _failure;
    private bool _isOver;

    public AheadScan(IStoreScan scan)
    {
        _scan = scan;
        for (var i = 1; i < ChunksMax; i++)
            _free.Add(new ScanChunk());
        _thread = new Thread(ReadAhead) { Name = "read ahead", IsBackground = true };
        _thread.Start();
    }

    public ReadOnlySpan<byte> Key => _current.Key;

    public ReadOnlySpan<byte> Value => _current.Value;

    public bool MoveNext()
    {
        while (!_current.MoveNext())
        {
            if (_isOver || !_filled.TryTake(out var next, Timeout.Infinite))
            {
                _isOver = true;
                _failure?.Throw();
                return false;
            }

            _current.Clear();
            _free.Add(_current);
            _current = next;
        }

        return true;
    }

    public void Dispose()
    {
        // The thread ends with the chunks that are free already: it finds no other.
        _free.CompleteAdding();
        _thread.Join();
        _scan.Dispose();
        _filled.Dispose();
        _free.Dispose();
    }

    private void ReadAhead()
    {
        try
        {
            var more = true;
            while (more && _free.TryTake(out var chunk, Timeout.Infinite))
            {
                while (!chunk.IsFull && (more = _scan.MoveNext()))
                    chunk.Add(_scan.Key, _scan.Value);
                _filled.Add(chunk);
            }
        }
        catch (StorageException failure)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }
        finally
        {
            // Whoever sees that nothing more comes sees the failure.
            _filled.CompleteAdding();
        }
    }
}

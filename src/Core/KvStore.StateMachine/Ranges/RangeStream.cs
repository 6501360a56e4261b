using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// A Range answered in chunks, all at the one revision fixed by the first. Between chunks it holds a key and a revision, no view:
/// a slow client keeps nothing alive, and is told so if compaction overtakes it.
/// </summary>
/// <remarks>
/// Sizes follow etcd 3.7: ten keys at first, twice as many after a chunk below half of the target, half as many after one above
/// twice of it. Beyond etcd, a chunk ends early at twice the target, so that large values cannot make it arbitrarily large.
/// Header, more and count belong to the last chunk only; merged, the chunks are the Range's answer.
/// </remarks>
public sealed class RangeStream
{
    private const long FirstChunkKeys = 10;

    /// <summary>Keys for which opening a scan, as dear as some ten searches, surely pays.</summary>
    private const long KeysOfAList = 64;

    private readonly byte[] _end;
    private readonly bool _keysOnly;
    private readonly bool _countOnly;
    private readonly int _sortTarget;
    private readonly Revision _asked;
    private readonly int _chunkBytesTarget;

    private byte[] _next;
    private long _left;
    private long _chunkKeys = FirstChunkKeys;
    private long _served;
    private Revision _at;

    /// <param name="range">Checked by <see cref="RequestValidator.CheckStream"/>.</param>
    /// <param name="chunkBytesTarget">About how many bytes a chunk has: etcd takes --max-request-bytes.</param>
    public RangeStream(in RangeFields range, int chunkBytesTarget)
    {
        Check.That(chunkBytesTarget > 0, "a chunk has bytes");
        _next = range.Key.ToArray();
        _end = range.End.ToArray();
        _left = range.Limit > 0 ? range.Limit : long.MaxValue;
        _keysOnly = range.KeysOnly;
        _countOnly = range.CountOnly;
        _sortTarget = range.SortTarget;
        _asked = range.Revision;
        _chunkBytesTarget = chunkBytesTarget;
    }

    /// <summary>The store's revision when the first chunk was read: what the header in the last chunk says.</summary>
    public Revision HeaderRevision { get; private set; }

    /// <summary>Whether the last chunk has been written.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>
    /// Appends the body of the next chunk's <c>RangeResponse</c>. After an error there is nothing more. The reader may be another one
    /// at each call, as long as it is not older than the one before.
    /// </summary>
    public EtcdError? Next(MvccReader reader, ByteWriter body)
    {
        Check.That(!IsFinished, "a finished stream has no next chunk");
        if (HeaderRevision == Revision.Zero)
        {
            if (_asked > reader.Current)
                return EtcdErrors.FutureRevision;
            HeaderRevision = reader.Current;
            _at = _asked > Revision.Zero ? _asked : HeaderRevision;
        }

        Check.That(reader.Current >= HeaderRevision, "a stream never reads an older view than before");
        if (_at < reader.Compacted)
            return EtcdErrors.Compacted;
        if (_countOnly)
            WriteLast(reader, body, more: false, remaining: true);
        else
            WriteChunk(reader, body);
        return null;
    }

    private void WriteChunk(MvccReader reader, ByteWriter body)
    {
        var start = body.WrittenCount;
        var range = new RangeFields { KeysOnly = _keysOnly, SortTarget = _sortTarget };
        var keys = Math.Min(_chunkKeys, _left);
        var bytesMax = 2L * _chunkBytesTarget;
        var written = 0L;
        var more = false;
        ReadOnlySpan<byte> last = default;
        if (keys >= KeysOfAList)
            reader.ExpectList();
        var cursor = reader.Seek(_next, _end, At(reader));
        while (cursor.MoveNext())
        {
            more = written == keys || body.WrittenCount - start >= bytesMax;
            if (more)
                break;
            var meta = cursor.Meta;
            RangeEvaluator.WritePair(reader, range, cursor.Key, meta, body);
            last = cursor.Key;
            written++;
        }

        _served += written;
        _left -= written;
        if (more)
            _next = [.. last, 0];
        if (!more || _left == 0)
        {
            WriteLast(reader, body, more, remaining: more);
            return;
        }

        var bytes = body.WrittenCount - start;
        if (bytes < _chunkBytesTarget / 2)
            _chunkKeys = Math.Min(_chunkKeys * 2, int.MaxValue);
        else if (bytes > bytesMax)
            _chunkKeys = Math.Max(_chunkKeys / 2, 1);
    }

    private void WriteLast(MvccReader reader, ByteWriter body, bool more, bool remaining)
    {
        var count = _served + (remaining ? reader.Count(_next, _end, At(reader)) : 0);
        RangeEvaluator.WriteMore(body, more);
        RangeEvaluator.WriteCount(body, count);
        IsFinished = true;
    }

    private Revision At(MvccReader reader) => _at == reader.Current ? Revision.Zero : _at;
}

using KvStore.Node.Peers;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Background;

/// <summary>
/// One snapshot on its way to one member: manifest, then chunks in a window that moves with the acknowledgements. A frame that
/// is lost stops the window; after a while it is sent again from the last acknowledged chunk.
/// </summary>
internal sealed class SnapshotSend
{
    private readonly NodeOptions _options;
    private readonly PeerPost _post;
    private readonly Term _term;
    private readonly IOrderedStore _store;
    private readonly IStoreScan _scan;
    private readonly Queue<SnapshotPart.Chunk> _window = new();
    private readonly ByteWriter _records;
    private ulong _acknowledged;
    private ulong _sent;
    private ulong _made;
    private uint _sum;
    private bool _isAccepted;
    private bool _isAllMade;
    private Instant? _lastProgress;
    private Instant? _lastSent;

    public SnapshotSend(ulong id, MemberId to, Term term, string path, IOrderedStore store, NodeOptions options, PeerPost post)
    {
        Id = id;
        To = to;
        Path = path;
        _term = term;
        _store = store;
        _options = options;
        _post = post;
        _records = new ByteWriter(options.SnapshotChunkBytes);
        Mark = SnapshotContents.ReadMark(store);
        _scan = store.Scan([], []);
    }

    public ulong Id { get; }

    public MemberId To { get; }

    public string Path { get; }

    public SnapshotMark Mark { get; }

    public bool IsDelivered { get; private set; }

    public bool IsOver { get; private set; }

    public void OnAnswer(SnapshotPart answer, Instant now)
    {
        switch (answer)
        {
            case SnapshotPart.Received received when received.Next <= _made:
                _isAccepted = true;
                if (received.Next > _acknowledged)
                    _lastProgress = now;
                while (_acknowledged < received.Next)
                {
                    _acknowledged++;
                    _window.Dequeue();
                }

                _sent = Math.Max(_sent, _acknowledged);
                break;
            case SnapshotPart.Complete:
                IsDelivered = true;
                IsOver = true;
                break;
            case SnapshotPart.Refused:
                IsOver = true;
                break;
            default:
                break;
        }
    }

    public void Advance(Instant now)
    {
        _lastProgress ??= now;
        if (IsOver)
            return;
        if (!_isAccepted)
        {
            if (_lastSent is null && _post.Send(To, new SnapshotPart.Manifest(Id, Mark, _term)))
                _lastSent = now;
            return;
        }

        while (_window.Count < _options.SnapshotWindowChunks && !_isAllMade)
            _window.Enqueue(Make());
        var sequence = _acknowledged;
        foreach (var chunk in _window)
        {
            if (sequence++ < _sent)
                continue;
            // The queue to the member is full: the next acknowledgement or tick goes on.
            if (!_post.Send(To, chunk))
                break;
            _sent = sequence;
            _lastSent = now;
        }
    }

    public void Tick(Instant now)
    {
        if (_lastProgress is { } progress && now >= progress + _options.SnapshotStallTimeout)
            IsOver = true;
        if (_lastSent is { } sent && now >= sent + _options.SnapshotResendInterval)
        {
            _lastSent = null;
            _sent = _acknowledged;
        }
    }

    public void Close()
    {
        _scan.Dispose();
        _store.Dispose();
    }

    private SnapshotPart.Chunk Make()
    {
        _records.Clear();
        while (_records.WrittenCount < _options.SnapshotChunkBytes && !_isAllMade)
        {
            if (_scan.MoveNext())
                SnapshotContents.Append(_records, _scan.Key, _scan.Value);
            else
                _isAllMade = true;
        }

        _sum = Crc32C.Append(_sum, _records.WrittenSpan);
        return new SnapshotPart.Chunk(Id, _made++, _isAllMade, _sum, _records.ToArray());
    }
}

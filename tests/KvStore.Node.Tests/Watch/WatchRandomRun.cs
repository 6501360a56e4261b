using KvStore.Node.Watch;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>One random history, with limits drawn small so that rare paths are common.</summary>
internal sealed class WatchRandomRun
{
    private readonly Prng _prng;
    private readonly RealStore? _real;
    private readonly WatchFixture _fixture;
    private readonly List<StreamProbe> _streams = [];
    private readonly Dictionary<(StreamProbe Stream, long Id), WatcherJudge> _judges = [];
    private readonly Dictionary<StreamProbe, Queue<WatcherJudge>> _requested = [];

    public WatchRandomRun(Prng prng, RealStore? real = null)
    {
        _prng = prng;
        _real = real;
        _fixture = new WatchFixture(new WatchOptions
        {
            Prng = prng.Fork(),
            StreamFramesMax = 1 + prng.Below(6),
            StreamBytesMax = prng.Between(20, 400),
            FrameBytesMax = prng.Between(1, 200),
            FragmentBytes = prng.Between(60, 300),
            SliceRevisionsMax = 1 + prng.Below(8),
            SliceBytesMax = prng.Between(1, 400),
            SliceWatchersMax = 1 + prng.Below(5),
            ProgressInterval = TimeSpan.FromSeconds(10),
        }, real)
        {
            BatchMax = 1 + prng.Below(6),
        };
    }

    public int EventsJudged { get; private set; }

    public List<string> Transcript { get; } = [];

    public void Step()
    {
        if (_prng.Chance(1, 4))
            _real?.Sweep();
        switch (_prng.Below(20))
        {
            case 0 when _streams.Count < 5:
                var stream = _fixture.OpenStream();
                _streams.Add(stream);
                _requested.Add(stream, new Queue<WatcherJudge>());
                break;
            case 1 or 2 when _streams.Count > 0:
                CreateWatcher(AnyStream());
                break;
            case 3 when _judges.Count > 0:
                EndOrResume();
                break;
            case 4 when _streams.Count > 0:
                _fixture.Post(WatchMessage.RequestProgress(AnyStream().Id));
                break;
            case 5:
                _fixture.Tick(TimeSpan.FromSeconds(_prng.Below(8)));
                break;
            case 6 when _prng.Chance(1, 3):
                Compact();
                break;
            case 7 when _streams.Count > 0 && _prng.Chance(1, 5):
                CloseStream(AnyStream());
                break;
            case < 12:
                Commit();
                break;
            case < 16 when _streams.Count > 0:
                ReadSome(AnyStream());
                break;
            default:
                _fixture.Step();
                break;
        }
    }

    /// <summary>Everybody reads to the end: now everything must have come.</summary>
    public void Finish()
    {
        _fixture.Tick();
        _fixture.Tick();
        _fixture.Run();
        foreach (var stream in _streams)
        {
            ReadAll(stream);
            Assert.Equal(0, stream.Waiting);
        }

        foreach (var judge in _judges.Values)
            judge.MustBeComplete(_fixture.Store);
        foreach (var stream in _streams.ToList())
            CloseStream(stream);
        Assert.Equal(WatchStatistics.Empty, _fixture.Statistics() with { EventsSent = 0 });
    }

    private StreamProbe AnyStream() => _streams[_prng.Below(_streams.Count)];

    private string AnyKey() => ((char)_prng.Between('a', 'f')).ToString() + (_prng.Chance(1, 2) ? "" : "x");

    private void Commit()
    {
        var transactions = new Change[1 + _prng.Below(3)][];
        for (var i = 0; i < transactions.Length; i++)
        {
            transactions[i] = new Change[1 + _prng.Below(4)];
            for (var j = 0; j < transactions[i].Length; j++)
                transactions[i][j] = _prng.Chance(1, 4) ? Change.Delete(AnyKey()) : Change.Put(AnyKey(), new string('v', _prng.Below(40)));
        }

        // Of a revision that is compacted up to itself, etcd and the real store keep only the last change of a key.
        if (_real is not null)
            transactions = [.. transactions.Select(transaction => transaction.DistinctBy(change => change.Key).ToArray())];
        var batch = _fixture.Store.Commit(transactions);
        batch = _real?.Commit(transactions) ?? batch;
        if (!_prng.Chance(1, 15))
            _fixture.Post(WatchMessage.Committed(batch));
    }

    private void Compact()
    {
        var current = _fixture.Store.Current.Value;
        var at = new Revision(_prng.Between(Math.Max(1, current - 20), current));
        // Also beyond what the lane has heard of.
        if (at <= _fixture.Store.Compacted)
            return;
        _fixture.Store.Compact(at);
        _real?.Compact(at);
    }

    private void CreateWatcher(StreamProbe stream)
    {
        var current = _fixture.Store.Current.Value;
        var start = _prng.Below(4) switch
        {
            0 => 0,
            1 => current + 1,
            2 => current + _prng.Between(1, 15),
            _ => _prng.Between(Math.Max(1, current - 25), current),
        };
        var key = AnyKey();
        var end = _prng.Below(4) switch { 0 => "", 1 => "\0", 2 => "z", _ => key + "z" };
        Create(stream, new WatcherJudge(
            key, end, start, (WatchFilters)_prng.Below(4), previous: _prng.Chance(1, 2), progress: _prng.Chance(1, 2), fragment: _prng.Chance(1, 3)));
    }

    private void Create(StreamProbe stream, WatcherJudge judge)
    {
        stream.Request(judge.Key, judge.End, judge.Start, 0, judge.Filters, judge.WantsPrevious, judge.WantsProgress, judge.MayFragment);
        _requested[stream].Enqueue(judge);
    }

    /// <summary>Cancels a watcher, or moves it to another stream from where its client is.</summary>
    private void EndOrResume()
    {
        var ((stream, id), judge) = _judges.ElementAt(_prng.Below(_judges.Count));
        _fixture.Post(WatchMessage.CancelWatcher(stream.Id, id));
        _fixture.Run();
        ReadAll(stream);
        if (!judge.IsOver || judge.IsOvertaken)
            return;
        Create(AnyStream(), judge.Resumed());
    }

    private void CloseStream(StreamProbe stream)
    {
        // What still waits is lost with the connection; clients resume from what they have read.
        _fixture.Post(WatchMessage.CloseStream(stream.Id));
        _streams.Remove(stream);
        foreach (var (place, judge) in _judges.Where(pair => pair.Key.Stream == stream).ToList())
        {
            _judges.Remove(place);
            if (_streams.Count > 0 && _prng.Chance(1, 2))
                Create(AnyStream(), judge.Resumed());
        }

        _fixture.Run();
    }

    private void ReadSome(StreamProbe stream)
    {
        for (var i = _prng.Below(6); i > 0; i--)
            Read(stream);
    }

    private void ReadAll(StreamProbe stream)
    {
        while (Read(stream))
            _fixture.Run();
    }

    private bool Read(StreamProbe stream)
    {
        var response = stream.TryRead();
        if (response is null)
            return false;
        Transcript.Add($"{stream.Id} {response.Show()}");
        if (response.Created)
        {
            var judge = _requested[stream].Dequeue();
            judge.OnCreated(response);
            _judges.Add((stream, response.WatchId), judge);
        }
        else if (response.WatchId == -1)
        {
            foreach (var judge in _judges.Where(pair => pair.Key.Stream == stream).Select(pair => pair.Value))
                judge.OnProgress(response, _fixture.Store);
        }
        else
        {
            var judge = _judges[(stream, response.WatchId)];
            judge.On(response, _fixture.Store);
            EventsJudged += response.Events.Count;
            if (judge.IsOver)
                _judges.Remove((stream, response.WatchId));
        }

        return true;
    }
}

using KvStore.Node;
using KvStore.Node.Watch;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Simulation.Checks;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Cluster;

/// <summary>
/// A client with a few watchers on one stream. When the stream is lost, by the end of the member or by the client's own whim, it
/// resumes all of them on some member, from where each of them is.
/// </summary>
internal sealed class WatchClient(NodeRun run, int number)
{
    private const int WatchersMax = 3;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly NodeRun _run = run;
    private readonly List<WatchJudge> _watchers = [];
    private Session? _session;
    private long _made;
    private long _attempts;

    /// <summary>How slow the client reads: the time until it gives the credit of a frame back.</summary>
    private TimeSpan _slowness;

    private SimulatedWorld World => _run.World;

    private bool Chance(int of) => World.Chance.Chance(1, of);

    public bool IsComplete => _watchers.TrueForAll(static watcher => watcher.IsComplete);

    public string Where => string.Join(' ', _watchers.Where(static w => !w.IsComplete).Select(w => $"client {number} [{w.Key},{w.End}) waits for {w.Next} on {_session?.Member}"));

    public void Begin() => World.After(World.Between(TimeSpan.Zero, LookAgain), () =>
    {
        if (_session is not { IsAlive: true } || (!_run.IsHealed && Chance(20)))
            Resume();
        else if (Chance(5))
            _session.RequestProgress();
        Begin();
    });

    private void Resume()
    {
        if (_session is { IsOver: false } old)
        {
            World.Sometimes("a watch stream was left");
            old.Leave(tellMember: Chance(2));
        }

        _session = null;
        foreach (var watcher in _watchers)
            watcher.Interrupt();
        if (_watchers.Count > 0 && !_run.IsHealed && Chance(4))
            _watchers.RemoveAt(World.Chance.Below(_watchers.Count));
        while (_watchers.Count == 0 || (!_run.IsHealed && _watchers.Count < WatchersMax && Chance(2)))
            _watchers.Add(MakeWatcher());
        _slowness = _run.IsHealed || Chance(2) ? TimeSpan.FromMilliseconds(2) : World.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1));
        var attempt = ++_attempts;
        if (_run.AnyMember() is not { IsUp: true } member)
            return;
        // A paused process gets to it later, when the client may have gone elsewhere.
        member.Process!.Run(() =>
        {
            if (attempt == _attempts)
                _session = Session.Open(this, member);
        });
    }

    private WatchJudge MakeWatcher()
    {
        var (key, end) = World.Chance.Below(3) switch
        {
            0 => (KeyName(World.Chance.Below(NodeClients.Keys)), ""),
            1 => (KeyName(World.Chance.Below(NodeClients.Keys)), "\0"),
            _ => (KeyName(World.Chance.Below(3)), KeyName(3 + World.Chance.Below(NodeClients.Keys - 3))),
        };
        var filters = World.Chance.Below(6) switch { 0 => WatchFilters.NoPut, 1 => WatchFilters.NoDelete, _ => WatchFilters.None };
        var judge = new WatchJudge(World, _run.Events, $"{number}.{++_made}", key, end, filters, wantsPrevious: Chance(2));
        switch (World.Chance.Below(4))
        {
            case 0:
                break;
            case 1:
                judge.StartAt(new Revision(_run.Events.Known.Value + World.Chance.Between(1, 30)));
                break;
            default:
                judge.StartAt(new Revision(World.Chance.Between(Math.Max(1, _run.Events.Compacted.Value), _run.Events.Known.Value)));
                World.Sometimes("a watcher began in the past");
                break;
        }

        return judge;
    }

    private static string KeyName(int key) => System.Text.Encoding.Latin1.GetString(ClientCalls.Key(key));

    /// <summary>One stream on one life of a member.</summary>
    private sealed class Session : IWatchStreamSink
    {
        private readonly WatchClient _client;
        private readonly KvNode _node;
        private readonly SimulatedProcess _process;
        private readonly WatchStreamId _id;
        private readonly Dictionary<long, WatchJudge> _judges = [];

        private Session(WatchClient client, NodeMember member)
        {
            _client = client;
            _node = member.Node!;
            _process = member.Process!;
            Member = member.Id;
            _id = new WatchStreamId(client._run.NextStream());
        }

        public MemberId Member { get; }

        public bool IsOver { get; private set; }

        public bool IsAlive => !IsOver && _process.IsAlive;

        public static Session Open(WatchClient client, NodeMember member)
        {
            var session = new Session(client, member);
            session.Post(WatchMessage.OpenStream(session._id, session));
            foreach (var judge in client._watchers)
                session.Create(judge);
            return session;
        }

        public void RequestProgress() => _process.Run(() => Post(WatchMessage.RequestProgress(_id)));

        public void Leave(bool tellMember)
        {
            IsOver = true;
            if (tellMember)
                _process.Run(() => _node.TryPost(WatchMessage.CloseStream(_id)));
        }

        public bool TryWrite(in WatchFrame frame)
        {
            if (IsOver)
                return false;
            ReturnLater(frame.Length);
            var response = Decode(frame);
            if (response.WatchId == -1)
            {
                _client.World.Sometimes("a request for progress was answered");
                foreach (var judge in _judges.Values)
                    judge.On(response);
            }
            else if (_judges.TryGetValue(response.WatchId, out var judge))
            {
                _client._run.OnWatched(response);
                judge.On(response);
                // The watcher is gone: a client begins again after the compaction.
                if (response.CompactRevision != 0)
                    IsOver = true;
            }

            return true;
        }

        private void Create(WatchJudge judge)
        {
            var watchId = _judges.Count + 1L;
            _judges[watchId] = judge;
            Post(WatchMessage.CreateWatcher(_id, new WatcherRequest(
                System.Text.Encoding.Latin1.GetBytes(judge.Key),
                System.Text.Encoding.Latin1.GetBytes(judge.End),
                judge.Next,
                watchId,
                judge.Filters,
                judge.WantsPrevious,
                WantsProgress: _client.Chance(2),
                MayFragment: _client.Chance(2))));
        }

        private void ReturnLater(long bytes) => _process.After(_client.World.Between(TimeSpan.Zero, _client._slowness), () =>
        {
            if (!_node.TryPost(WatchMessage.Credit(_id, 1, bytes)))
                ReturnLater(bytes);
        });

        /// <summary>A member that refuses a message of a stream loses the stream: nothing on it may be missing.</summary>
        private void Post(in WatchMessage message)
        {
            if (IsOver || _node.TryPost(message))
                return;
            _client.World.Sometimes("the watch lane refused a message");
            IsOver = true;
        }

        private static WatchResponse Decode(in WatchFrame frame)
        {
            var bytes = new ByteWriter();
            bytes.Write(frame.Head.Span);
            foreach (var piece in frame.Events.Span)
                bytes.Write(piece.Span);
            var response = WatchResponse.Parser.ParseFrom(bytes.WrittenSpan);
            response.Header = new ResponseHeader { Revision = frame.HeaderRevision.Value };
            return response;
        }
    }
}

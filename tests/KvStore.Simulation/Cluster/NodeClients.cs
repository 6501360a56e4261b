using KvStore.Node;
using KvStore.Primitives;
using KvStore.Simulation.Checks;
using KvStore.Simulation.World;
using KvStore.StateMachine;

namespace KvStore.Simulation.Cluster;

/// <summary>The clients that write and read: what they ask for, by chance, and what they hold against the answers.</summary>
internal sealed class NodeClients(NodeRun run)
{
    public const int Keys = 8;

    private const int Clients = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly Dictionary<RequestId, Action<NodeMember, Reply>> _calls = [];
    private readonly ByteWriter _scratch = new();
    private bool _asking = true;
    private ulong _nextValue;
    private long _nextLease;

    public RevisionHistory History { get; } = new(run.World);

    public LeaseClocks Leases { get; } = new(run.World);

    private SimulatedWorld World => run.World;

    public void Begin()
    {
        for (var i = 0; i < Clients; i++)
            AskLater();
    }

    public void Stop() => _asking = false;

    public void OnReply(NodeMember member, RequestId request, in Reply reply)
    {
        if (!_calls.Remove(request, out var call))
            return;
        World.Note($"request {request} answered by {member.Id}: {reply.Revision} {reply.Error}");
        if (reply.Error is null && !reply.Skipped)
            call(member, reply);
        else
            History.Forget(request);
    }

    /// <summary>What a member shows of every key, at the end.</summary>
    public void ObserveAll(NodeMember member)
    {
        using var view = member.Node!.OpenView();
        if (view.Current < History.Heard)
            World.Fail($"member {member.Id} ended at revision {view.Current}, but a client had heard of {History.Heard}");
        run.Events.MustEqual(view, view.Current, $"member {member.Id} at the end");
        for (var key = 0; key < Keys; key++)
            Observe(view, key);
    }

    private void AskLater() => World.After(World.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(300)), () =>
    {
        if (!_asking)
            return;
        if (run.AnyMember() is { IsUp: true } member)
            member.Process!.Run(() => Ask(member));
        AskLater();
    });

    private void Ask(NodeMember member)
    {
        var node = member.Node!;
        var key = World.Chance.Below(Keys);
        switch (World.Chance.Below(24))
        {
            case < 8:
                Put(node, key);
                break;
            case < 15:
                Get(node, key);
                break;
            case 15:
                Delete(node, key);
                break;
            case 16:
                Compact(node);
                break;
            case 17:
                Grant(node);
                break;
            case 18 or 19:
                KeepAlive(member);
                break;
            case 20 or 21:
                ReadSerializable(member);
                break;
            default:
                PutIfUnchanged(node, key);
                break;
        }
    }

    private void Put(KvNode node, int key)
    {
        var value = ++_nextValue;
        var request = Begin(isWrite: true, (_, reply) => History.OnWritten(key, reply.Revision, value));
        var lease = World.Chance.Chance(1, 10) && _nextLease > 0 ? AnyLease() : default;
        Propose(node, request, ClientCalls.Put(request, key, value, World.Chance.Chance(1, 5) ? World.Chance.Below(3000) : 0, lease));
    }

    private void PutIfUnchanged(KvNode node, int key)
    {
        using var view = node.OpenView();
        var modified = view.TryGet(ClientCalls.Key(key), Revision.Zero, out var meta) ? meta.Modified.Main : Revision.Zero;
        var value = ++_nextValue;
        var request = Begin(isWrite: false, (_, reply) =>
        {
            if (ClientCalls.Succeeded(reply.Body.Span))
                History.OnWritten(key, reply.Revision, value);
        });
        Propose(node, request, ClientCalls.PutIfUnchanged(request, key, modified, value));
    }

    private void Delete(KvNode node, int key)
    {
        var request = Begin(isWrite: false, (_, reply) =>
        {
            if (ClientCalls.DeletedCount(reply.Body.Span) > 0)
                History.OnDeleted(key, reply.Revision);
        });
        Propose(node, request, ClientCalls.Delete(request, key));
    }

    private void Compact(KvNode node)
    {
        if (History.Heard.Value < 20)
            return;
        var request = Begin(isWrite: false, static (_, _) => { });
        Propose(node, request, ClientCalls.Compact(request, new Revision(History.Heard.Value - World.Chance.Below(20))));
    }

    private void Grant(KvNode node)
    {
        var lease = new LeaseId(++_nextLease);
        var ttlSeconds = World.Chance.Between(2, 30);
        var asked = World.Now;
        var request = Begin(isWrite: false, (_, _) => Leases.OnRenewed(lease, asked, ttlSeconds));
        Propose(node, request, ClientCalls.LeaseGrant(request, lease, ttlSeconds));
    }

    /// <summary>Answered by a leader only, whoever that is: a client would be sent on to it.</summary>
    private void KeepAlive(NodeMember member)
    {
        if (_nextLease == 0)
            return;
        var lease = AnyLease();
        var asked = World.Now;
        var request = History.Begin(isWrite: false);
        _calls[request] = (_, reply) =>
        {
            History.Forget(request);
            var ttlSeconds = ClientCalls.TimeToLive(reply.Body.Span);
            World.Sometimes(ttlSeconds > 0 ? "a lease was kept alive" : "a lease was gone when it should be kept alive");
            if (ttlSeconds > 0)
                Leases.OnRenewed(lease, asked, ttlSeconds);
        };
        GiveUpLater(request);
        var leader = run.Leader ?? member;
        leader.Process!.Run(() =>
        {
            if (!leader.Node!.TryRenew(request, lease))
                GiveUp(request);
        });
    }

    private void Get(KvNode node, int key)
    {
        var request = History.Begin(isWrite: false);
        // A linearizable read is a confirmation by a quorum and then a view of the member that was asked.
        _calls[request] = (member, _) =>
        {
            using var view = member.Node!.OpenView();
            if (History.OnAnswer(request, view.Current))
                Observe(view, key);
        };
        GiveUpLater(request);
        if (!node.TryRead(request))
            GiveUp(request);
    }

    /// <summary>Without asking anybody: the state of some revision that was, and never an older one than this process has shown.</summary>
    private void ReadSerializable(NodeMember member)
    {
        using var view = member.Node!.OpenView();
        var at = view.Current;
        if (at < member.Shown)
            World.Fail($"member {member.Id} shows revision {at} after {member.Shown}");
        member.Shown = at;
        if (World.Chance.Chance(1, 2))
            at = new Revision(World.Chance.Between(Math.Max(1, view.Compacted.Value), at.Value));
        World.Sometimes("a serializable read was judged");
        run.Events.MustEqual(view, at, $"member {member.Id}");
    }

    private LeaseId AnyLease() => new(Math.Max(1, _nextLease - World.Chance.Below(5)));

    private void Observe(Mvcc.MvccView view, int key)
    {
        if (!view.TryGet(ClientCalls.Key(key), Revision.Zero, out var meta))
        {
            History.OnSeen(key, view.Current, Revision.Zero, 0);
            return;
        }

        _scratch.Clear();
        view.CopyKeyValue(meta, _scratch);
        History.OnSeen(key, view.Current, meta.Modified.Main, ClientCalls.ValueOf(_scratch.WrittenSpan));
    }

    private RequestId Begin(bool isWrite, Action<NodeMember, Reply> onAnswer)
    {
        var request = History.Begin(isWrite);
        _calls[request] = (member, reply) =>
        {
            if (History.OnAnswer(request, reply.Revision))
                onAnswer(member, reply);
        };
        GiveUpLater(request);
        return request;
    }

    private void Propose(KvNode node, RequestId request, byte[] command)
    {
        if (!node.TryPropose(request, command))
            GiveUp(request);
    }

    private void GiveUpLater(RequestId request) => World.After(Patience, () => GiveUp(request));

    private void GiveUp(RequestId request)
    {
        _calls.Remove(request);
        History.Forget(request);
    }
}

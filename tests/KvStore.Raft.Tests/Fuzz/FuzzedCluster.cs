using System.Buffers.Binary;
using KvStore.Primitives;
using KvStore.Raft.Tests.Cluster;

namespace KvStore.Raft.Tests.Fuzz;

/// <summary>
/// A cluster in which everything that may go wrong does, by a seed: messages are lost, doubled, reordered and kept for long; disks
/// finish late; processes die with what was not synced, and their stores go back to the last flush; the membership changes;
/// leadership moves; logs are cut and snapshots cross each other. After every step the promises are checked.
/// </summary>
internal sealed class FuzzedCluster
{
    private const int MessagesMax = 400;

    private readonly Prng _prng;
    private readonly List<TestMember> _members = [];
    private readonly List<PeerMessage> _network = [];
    private readonly List<SnapshotOnTheWay> _snapshots = [];
    private readonly Dictionary<(MemberId, LogIndex), List<LogEntry>> _accepted = [];
    private readonly Dictionary<(MemberId, ulong), LogIndex> _reads = [];
    private readonly HashSet<MemberId> _isolated = [];
    private readonly SafetyChecker _checker = new();
    private readonly int _lossPercent;
    private readonly int _crashPerTenThousand;
    private ulong _contexts;

    public FuzzedCluster(ulong seed)
    {
        _prng = new Prng(seed);
        _lossPercent = _prng.Below(3) * 10;
        _crashPerTenThousand = _prng.Below(3) * 20;
        var founders = Membership.OfVoters(Enumerable.Range(1, 3).Select(id => new MemberId((ulong)id)));
        for (var id = 1UL; id <= 5; id++)
            _members.Add(new TestMember(Options(id), id <= 3 ? RaftState.Founding(founders) : RaftState.Joining(), (seed * 31) + id));
    }

    public FuzzCounts Counts { get; } = new();

    /// <summary>Anything may happen.</summary>
    public void Disturb(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            var member = _members[_prng.Below(_members.Count)];
            Act(member);
            Observe(member);
        }
    }

    /// <summary>Nothing is lost any more. True when a leader is there, everything is applied, and all members it counts are equal.</summary>
    public bool Recover(int roundsMax)
    {
        _isolated.Clear();
        for (var round = 0; round < roundsMax; round++)
        {
            foreach (var member in _members)
            {
                member.Core.Tick();
                DrainMember(member);
            }

            DeliverAll();
            if (round > 50 && HasConverged())
                return true;
            if (round % 50 == 0)
                Leader()?.Core.Propose(new byte[] { 1 });
        }

        return HasConverged();
    }

    public string Describe() => string.Join('\n', _members.Select(Show.Status));

    private RaftOptions Options(ulong id) => new()
    {
        Self = new MemberId(id),
        ElectionTicksMin = 5,
        ElectionTicksMax = 9,
        PreVote = !_prng.Chance(1, 4),
        CheckQuorum = !_prng.Chance(1, 4),
        InflightMessagesMax = 1 + _prng.Below(5),
        InflightBytesMax = _prng.Chance(1, 2) ? 200 : 1 << 20,
        AppendBytesMax = _prng.Chance(1, 2) ? 100 : 1 << 20,
        UncommittedBytesMax = 2000,
        ApplyBatchBytesMax = _prng.Chance(1, 2) ? 60 : 1 << 20,
        PendingReadsMax = 20,
        ReadRoundsMax = 1 + _prng.Below(3),
        ReadRetryTicks = 3,
    };

    private void Act(TestMember member)
    {
        switch (_prng.Below(100))
        {
            case < 5: member.Core.Tick(); break;
            case < 25: Take(member); break;
            case < 39: Persist(member); break;
            case < 49: Apply(member); break;
            case < 78: DeliverOne(); break;
            case < 83: Propose(member); break;
            case < 87: Read(member); break;
            case < 89: ChangeMembership(Leader() ?? member); break;
            case 89: MoveLeadership(member); break;
            case 90: Compact(member); break;
            case < 93: SendSnapshot(member); break;
            case < 95: DeliverSnapshot(); break;
            case < 97: Install(member); break;
            case 97: member.Flush(); break;
            case 98: Isolate(member); break;
            default: Crash(member); break;
        }
    }

    private void Observe(TestMember member)
    {
        Assert.Null(member.Core.Quarantine);
        _checker.Observe(member);
        foreach (var read in member.Reads)
        {
            if (_reads.Remove((member.Id, read.Context), out var floor))
            {
                Assert.True(read.Index >= floor, $"a read at {read.Index} was asked when {floor} was committed");
                Counts.ReadsAnswered++;
            }
        }

        foreach (var refused in member.ReadsRefused)
            _reads.Remove((member.Id, refused));
        member.Reads.Clear();
        member.ReadsRefused.Clear();
    }

    private void Send(PeerMessage message)
    {
        if (_isolated.Contains(message.From) || _isolated.Contains(message.To) || _prng.Below(100) < _lossPercent)
        {
            Counts.Dropped++;
            return;
        }

        _network.Add(message);
        if (_prng.Chance(1, 20))
        {
            _network.Add(message);
            Counts.Duplicated++;
        }

        if (_network.Count <= MessagesMax)
            return;
        RemoveAt(_network, _prng.Below(_network.Count));
        Counts.Dropped++;
    }

    private void Take(TestMember member) => member.TakeReady(Send);

    private void Persist(TestMember member) => member.PersistNext(Send);

    private void Apply(TestMember member)
    {
        if (member.ApplyNext(_checker.Applied))
            Counts.Applied++;
    }

    // Mostly the oldest first, as a connection would; at times any.
    private void DeliverOne()
    {
        if (_network.Count == 0)
            return;
        var at = _prng.Chance(1, 5) ? _prng.Below(_network.Count) : 0;
        var message = _network[at];
        _network.RemoveAt(at);
        if (_isolated.Contains(message.To))
            return;
        var member = _members.Single(candidate => candidate.Id == message.To);
        member.Core.Step(message);
        Counts.Delivered++;
        Observe(member);
    }

    private void Propose(TestMember member)
    {
        var data = new byte[8 + _prng.Below(40)];
        BinaryPrimitives.WriteUInt64LittleEndian(data, ++_contexts);
        if (member.Core.Propose(data) is ProposeResult.Accepted or ProposeResult.Forwarded)
            Counts.Proposed++;
    }

    private void Read(TestMember member)
    {
        var context = ++_contexts;
        if (!member.Core.RequestRead(context))
            return;
        _reads[(member.Id, context)] = _checker.Committed;
        Counts.ReadsAsked++;
    }

    private void ChangeMembership(TestMember member)
    {
        var target = new MemberId(1 + (ulong)_prng.Below(_members.Count));
        var steps = new List<MembershipStep> { new((MembershipStepKind)_prng.Below(3), target) };
        if (_prng.Chance(1, 2))
            steps.Add(new((MembershipStepKind)_prng.Below(3), new MemberId(1 + (ulong)_prng.Below(_members.Count))));
        var change = member.Core.Membership.IsJoint && _prng.Chance(1, 2)
            ? MembershipChange.LeaveJoint
            : new MembershipChange { Steps = steps, Transition = _prng.Chance(1, 8) ? MembershipTransition.JointExplicitLeave : (MembershipTransition)_prng.Below(2) };
        if (member.Core.ProposeMembership(change, ChangeCodec.Encode(change)) == ProposeResult.Accepted)
            Counts.MembershipChanges++;
    }

    private void MoveLeadership(TestMember member)
    {
        if (_prng.Chance(1, 3))
            member.Core.Campaign();
        else if (member.Core.TransferLeadership(new MemberId(1 + (ulong)_prng.Below(_members.Count))))
            Counts.Transfers++;
    }

    private void Compact(TestMember member)
    {
        var from = member.Core.FirstIndex.Value;
        var to = member.FlushedIndex.Value;
        if (to < from)
            return;
        member.Compact(new LogIndex((ulong)_prng.Between((long)from, (long)to)));
        Counts.Compactions++;
    }

    private void SendSnapshot(TestMember member)
    {
        if (member.SnapshotsToSend.Count == 0)
            return;
        var to = member.SnapshotsToSend[0];
        Counts.SnapshotsWanted++;
        member.SnapshotsToSend.RemoveAt(0);
        var (mark, state) = member.Snapshot();
        _snapshots.Add(new SnapshotOnTheWay(member.Id, to, member.Core.Term, mark, state));
        if (_prng.Chance(1, 10))
            _snapshots.Add(_snapshots[^1]);
    }

    private void DeliverSnapshot()
    {
        if (_snapshots.Count == 0)
            return;
        var at = _prng.Below(_snapshots.Count);
        var snapshot = _snapshots[at];
        _snapshots.RemoveAt(at);
        var receiver = _members.Single(member => member.Id == snapshot.To);
        var delivered = !_prng.Chance(1, 4);
        if (delivered && receiver.Core.OfferSnapshot(snapshot.Mark, snapshot.From, snapshot.Term))
            _accepted[(receiver.Id, snapshot.Mark.Index)] = snapshot.State;
        var sender = _members.Single(member => member.Id == snapshot.From);
        sender.Core.SnapshotSendFinished(snapshot.To, snapshot.Mark.Index, delivered);
        Observe(receiver);
    }

    private void Install(TestMember member)
    {
        if (member.ToInstall is not { } mark)
            return;
        if (_prng.Chance(1, 10))
        {
            member.AbandonSnapshot();
            return;
        }

        member.Install(_accepted[(member.Id, mark.Index)]);
        Counts.SnapshotsInstalled++;
    }

    private void Isolate(TestMember member)
    {
        if (!_isolated.Remove(member.Id) && _isolated.Count < 2 && _prng.Chance(1, 6))
            _isolated.Add(member.Id);
    }

    private void Crash(TestMember member)
    {
        if (_prng.Below(10_000) >= _crashPerTenThousand * 20)
            return;
        member.Restart(_prng.Below(member.WritesPending + 1), storeKept: _prng.Chance(1, 2));
        _checker.Restarted(member);
        foreach (var key in _reads.Keys.Where(key => key.Item1 == member.Id).ToList())
            _reads.Remove(key);
        Counts.Restarts++;
    }

    private void DrainMember(TestMember member)
    {
        while (true)
        {
            var progressed = member.TakeReady(_network.Add) is not null;
            progressed |= member.PersistNext(_network.Add);
            progressed |= member.ApplyNext(_checker.Applied);
            SendSnapshot(member);
            if (member.ToInstall is { } mark)
                member.Install(_accepted[(member.Id, mark.Index)]);
            Observe(member);
            if (!progressed)
                return;
        }
    }

    private void DeliverAll()
    {
        while (_snapshots.Count > 0)
            DeliverSnapshot();
        var messages = _network.ToList();
        _network.Clear();
        foreach (var message in messages)
        {
            var member = _members.Single(candidate => candidate.Id == message.To);
            member.Core.Step(message);
            Observe(member);
        }
    }

    private TestMember? Leader() => _members
        .Where(member => member.Core.Role == RaftRole.Leader)
        .MaxBy(member => member.Core.Term);

    private bool HasConverged()
    {
        if (Leader() is not { } leader || leader.AppliedIndex != leader.Core.LastIndex || leader.AppliedIndex < _checker.Committed)
            return false;
        if (leader.Core.Membership is { IsJoint: true, AutoLeave: true })
            return false;
        return leader.Core.Membership.All().All(id => _members.Single(member => member.Id == id).AppliedIndex == leader.AppliedIndex);
    }

    private static void RemoveAt(List<PeerMessage> list, int at)
    {
        list[at] = list[^1];
        list.RemoveAt(list.Count - 1);
    }

    private sealed record SnapshotOnTheWay(MemberId From, MemberId To, Term Term, SnapshotMark Mark, List<LogEntry> State);
}

using System.Globalization;
using System.Text;
using KvStore.Primitives;
using KvStore.Raft.Tests.Cluster;
using KvStore.Testing.Scripts;

namespace KvStore.Raft.Tests.Scripts;

/// <summary>
/// The cluster that the scripts in testdata drive. Members process their Readies when told (ready, stabilize), messages lie in one
/// list until they are delivered or dropped; the order of everything is the order of the script.
/// </summary>
internal sealed class ScriptedCluster
{
    // More rounds than any script needs to come to rest; a script that does not is a finding.
    private const int StabilizeRoundsMax = 1000;

    private readonly SortedDictionary<ulong, TestMember> _members = [];
    private readonly List<PeerMessage> _messages = [];
    private readonly HashSet<(MemberId From, MemberId To)> _cuts = [];
    private readonly HashSet<ulong> _diskHeld = [];
    private readonly HashSet<ulong> _applyHeld = [];
    private readonly Dictionary<(MemberId Member, LogIndex Index), List<LogEntry>> _snapshots = [];
    private StringBuilder _output = new();

    public void Run(ScriptCommand command, StringBuilder output)
    {
        _output = output;
        switch (command.Name)
        {
            case "add-members": AddMembers(command); break;
            case "campaign": Member(command).Core.Campaign(); break;
            case "tick": Tick(command); break;
            case "time-out": TimeOut(command); break;
            case "propose": Propose(command); break;
            case "change": ProposeChange(command); break;
            case "leave-joint": Say(Member(command).Core.ProposeMembership(MembershipChange.LeaveJoint, default)); break;
            case "read": Say(Member(command).Core.RequestRead(command.Number(1)) ? "asked" : "refused"); break;
            case "transfer": Say(Member(command).Core.TransferLeadership(new MemberId(command.Number(1))) ? "started" : "refused"); break;
            case "ready": Process(Member(command)); break;
            case "stabilize": Stabilize(command); break;
            case "deliver": Deliver(command); break;
            case "drop": Drop(command); break;
            case "duplicate": _messages.AddRange([.. Matching(command)]); break;
            case "messages": _messages.ForEach(message => Say("  " + Show.Message(message))); break;
            case "cut": Cut(command, isCut: true); break;
            case "heal": Cut(command, isCut: false); break;
            case "hold-disk": _diskHeld.Add(command.Number(0)); break;
            case "release-disk": _diskHeld.Remove(command.Number(0)); break;
            case "persist": Persist(command); break;
            case "hold-apply": _applyHeld.Add(command.Number(0)); break;
            case "release-apply": _applyHeld.Remove(command.Number(0)); break;
            case "step": Member(command).Core.Step(RawMessage(command)); break;
            case "unreachable": Member(command).Core.PeerUnreachable(new MemberId(command.Number(1))); break;
            case "compact": Member(command).Compact(new LogIndex(command.Number(1))); break;
            case "send-snapshot": SendSnapshot(command); break;
            case "offer-snapshot": OfferSnapshot(command); break;
            case "install": Install(command); break;
            case "abandon-snapshot": AbandonSnapshot(command); break;
            case "restart": Member(command).Restart((int)command.Number("keep-writes", 0), command.Number("keep-store", 1) != 0); break;
            case "lose-log": Member(command).LoseLogAfter(new LogIndex(command.Number(1))); Member(command).Restart(); break;
            case "status": Status(command); break;
            case "log": ShowLog(Member(command)); break;
            case "applied": Member(command).Applied.ForEach(entry => Say("  " + Show.Entry(entry))); break;
            default: throw new ScriptException("no such command: " + command.Name);
        }
    }

    private TestMember Member(ScriptCommand command, int position = 0) => _members[command.Number(position)];

    private void Say(object line) => _output.Append(CultureInfo.InvariantCulture, $"{line}\n");

    private void AddMembers(ScriptCommand command)
    {
        var voters = command.Numbers("voters");
        var membership = new Membership
        {
            Voters = [.. voters.Select(id => new MemberId(id))],
            Learners = [.. command.Numbers("learners").Select(id => new MemberId(id))],
        };
        var ids = command.Arguments.Count > 0 ? command.Arguments.Select((_, i) => command.Number(i)) : membership.All().Select(id => id.Value);
        foreach (var id in ids)
        {
            var min = (int)command.Number("election", 10);
            var options = new RaftOptions
            {
                Self = new MemberId(id),
                ElectionTicksMin = min,
                ElectionTicksMax = (int)command.Number("election-max", (ulong)((min * 2) - 1)),
                PreVote = command.Flag("pre-vote", true),
                CheckQuorum = command.Flag("check-quorum", true),
                InflightMessagesMax = (int)command.Number("inflight", 512),
                InflightBytesMax = (long)command.Number("inflight-bytes", 1 << 20),
                AppendBytesMax = (long)command.Number("append-bytes", 1 << 20),
                UncommittedBytesMax = (long)command.Number("uncommitted-bytes", 1 << 20),
                ApplyBatchBytesMax = (long)command.Number("apply-bytes", 1 << 20),
                PendingReadsMax = (int)command.Number("reads", 1000),
                ReadRoundsMax = (int)command.Number("read-rounds", 64),
            };
            _members.Add(id, new TestMember(options, membership.Contains(new MemberId(id)) ? RaftState.Founding(membership) : RaftState.Joining(), seed: id));
        }
    }

    private void Tick(ScriptCommand command)
    {
        var count = command.Arguments.Count > 1 ? command.Number(1) : 1;
        for (var i = 0UL; i < count; i++)
            Member(command).Core.Tick();
    }

    /// <summary>Ticks until the member's election timer fires, however long it happens to be.</summary>
    private void TimeOut(ScriptCommand command)
    {
        var core = Member(command).Core;
        for (var i = core.ElectionElapsed; i < core.ElectionTimeout; i++)
            core.Tick();
    }

    private void Propose(ScriptCommand command)
    {
        var data = command.Option("bytes") is null
            ? Encoding.UTF8.GetBytes(command.Text(1))
            : new byte[command.Number("bytes", 0)];
        var result = Member(command).Core.Propose(data, command.Flag("leader-only", false));
        if (result is not ProposeResult.Accepted)
            Say(result);
    }

    private void ProposeChange(ScriptCommand command)
    {
        var change = ChangeCodec.Parse(command.Arguments.Skip(1), command.Option("transition"));
        Say(Member(command).Core.ProposeMembership(change, ChangeCodec.Encode(change)));
    }

    /// <summary>One Ready: shown, sent, and (unless held) written and applied.</summary>
    private bool Process(TestMember member)
    {
        var ready = member.TakeReady(Send);
        if (ready is not null)
            ShowReady(member, ready);
        var progressed = ready is not null;
        if (!_diskHeld.Contains(member.Id.Value))
        {
            while (member.PersistNext(Send))
                progressed = true;
        }

        if (!_applyHeld.Contains(member.Id.Value))
        {
            while (member.ApplyNext())
                progressed = true;
        }

        return progressed;
    }

    private void ShowReady(TestMember member, Ready ready)
    {
        Say($"{member.Id} ready{(ready.NeedsPersist ? $" persist={ready.PersistMark.Sequence}" : "")}");
        foreach (var e in ready.TraceEvents)
            Say("  event " + Show.Event(e));
        if (ready.HardState is { } state)
            Say($"  state term={state.Term} vote={state.Vote} commit={state.Commit}");
        if (ready.EntriesToAppend.Count > 0)
            Say("  append " + string.Join(", ", ready.EntriesToAppend.Select(entry => Show.Entry(entry))));
        foreach (var message in ready.MessagesNow)
            Say("  send " + Show.Message(message));
        foreach (var message in ready.MessagesAfterPersist)
            Say("  then " + Show.Message(message));
        if (ready.EntriesToApply.Count > 0)
            Say("  apply " + string.Join(", ", ready.EntriesToApply.Select(entry => Show.Entry(entry))));
        foreach (var read in ready.ReadStates)
            Say($"  read {read.Context} at {read.Index}");
        foreach (var refused in ready.ReadsRefused)
            Say($"  read {refused} refused");
        foreach (var peer in ready.SnapshotsToSend)
            Say($"  snapshot for {peer}");
        if (ready.SnapshotToInstall is { } mark)
            Say($"  install {mark.Term}/{mark.Index} {mark.Membership}");
    }

    private void Send(PeerMessage message)
    {
        if (!_cuts.Contains((message.From, message.To)))
            _messages.Add(message);
    }

    private void Stabilize(ScriptCommand command)
    {
        var quiet = command.Flag("quiet", false);
        var only = command.Arguments.Count > 0 ? command.Arguments.Select((_, i) => command.Number(i)).ToHashSet() : [.. _members.Keys];
        var shown = _output;
        if (quiet)
            _output = new StringBuilder();
        for (var round = 0; StabilizeOnce(only); round++)
        {
            if (round == StabilizeRoundsMax)
                throw new ScriptException("the cluster does not come to rest");
        }

        _output = shown;
    }

    private bool StabilizeOnce(HashSet<ulong> only)
    {
        var progressed = false;
        foreach (var (id, member) in _members)
        {
            if (only.Contains(id))
                progressed |= Process(member);
        }

        foreach (var id in only)
            progressed |= DeliverTo(_members[id], message => true) > 0;
        return progressed;
    }

    private void Deliver(ScriptCommand command)
    {
        foreach (var message in Matching(command))
        {
            _messages.Remove(message);
            Say("  " + Show.Message(message));
            if (_members.TryGetValue(message.To.Value, out var member))
                member.Core.Step(message);
        }
    }

    private int DeliverTo(TestMember member, Func<PeerMessage, bool> wanted)
    {
        var mine = _messages.Where(message => message.To == member.Id && wanted(message)).ToList();
        foreach (var message in mine)
        {
            _messages.Remove(message);
            Say("  deliver " + Show.Message(message));
            member.Core.Step(message);
        }

        return mine.Count;
    }

    private void Drop(ScriptCommand command)
    {
        foreach (var message in Matching(command))
        {
            _messages.Remove(message);
            Say("  drop " + Show.Message(message));
        }
    }

    /// <summary>The messages named by from=, to=, kind= and first= (how many).</summary>
    private List<PeerMessage> Matching(ScriptCommand command)
    {
        var from = new MemberId(command.Number("from", 0));
        var to = new MemberId(command.Number("to", 0));
        var kind = command.Option("kind");
        return [.. _messages
            .Where(message => from.IsNone || message.From == from)
            .Where(message => to.IsNone || message.To == to)
            .Where(message => kind is null || message.Kind.ToString() == kind)
            .Take((int)command.Number("first", int.MaxValue))];
    }

    /// <summary>"cut 1 2" both ways; "cut from=1 to=2" one way; "cut 1" from everybody.</summary>
    private void Cut(ScriptCommand command, bool isCut)
    {
        var pairs = new List<(ulong, ulong)>();
        if (command.Option("from") is not null)
            pairs.Add((command.Number("from", 0), command.Number("to", 0)));
        else if (command.Arguments.Count == 2)
            pairs.AddRange([(command.Number(0), command.Number(1)), (command.Number(1), command.Number(0))]);
        else
            pairs.AddRange(_members.Keys.Where(id => id != command.Number(0)).SelectMany(id => new[] { (command.Number(0), id), (id, command.Number(0)) }));
        foreach (var (from, to) in pairs)
        {
            if (isCut)
                _cuts.Add((new MemberId(from), new MemberId(to)));
            else
                _cuts.Remove((new MemberId(from), new MemberId(to)));
        }

        if (isCut)
            _messages.RemoveAll(message => _cuts.Contains((message.From, message.To)));
    }

    private void Persist(ScriptCommand command)
    {
        var count = command.Arguments.Count > 1 ? command.Number(1) : ulong.MaxValue;
        for (var i = 0UL; i < count && Member(command).PersistNext(Send); i++)
        {
        }
    }

    private static PeerMessage RawMessage(ScriptCommand command) => new()
    {
        To = new MemberId(command.Number("to", command.Number(0))),
        From = new MemberId(command.Number("from", 0)),
        Kind = Enum.Parse<PeerMessageKind>(command.Option("kind") ?? nameof(PeerMessageKind.None)),
        Term = new Term(command.Number("term", 0)),
        Index = new LogIndex(command.Number("index", 0)),
        LogTerm = new Term(command.Number("log-term", 0)),
        Commit = new LogIndex(command.Number("commit", 0)),
        Reject = command.Flag("reject", false),
        Force = command.Flag("force", false),
        HintIndex = new LogIndex(command.Number("hint", 0)),
        Token = new ReadToken(command.Number("epoch", 0), command.Number("round", 0)),
        Entries = command.Option("entry") is { } data
            ? new[]
            {
                new LogEntry(
                    new Term(command.Number("entry-term", 1)),
                    new LogIndex(command.Number("entry-index", 1)),
                    LogEntryKind.Command,
                    Encoding.UTF8.GetBytes(data)),
            }
            : default,
    };

    /// <summary>from to [lost=true]: the sender's present state goes over, is offered, and the sender is told. Installing is a step of its own.</summary>
    private void SendSnapshot(ScriptCommand command)
    {
        var sender = Member(command);
        var receiver = Member(command, 1);
        var (mark, state) = sender.Snapshot();
        var lost = command.Flag("lost", false);
        if (!lost)
        {
            _snapshots[(receiver.Id, mark.Index)] = state;
            Say($"offer {mark.Term}/{mark.Index}: {(receiver.Core.OfferSnapshot(mark, sender.Id, sender.Core.Term) ? "accepted" : "not needed")}");
        }

        sender.Core.SnapshotSendFinished(receiver.Id, mark.Index, delivered: !lost);
    }

    /// <summary>to from= term= index= log-term=: a snapshot out of nowhere, with the receiver's own membership unless voters= says otherwise.</summary>
    private void OfferSnapshot(ScriptCommand command)
    {
        var receiver = Member(command);
        var membership = command.Option("voters") is null
            ? receiver.Membership
            : Membership.OfVoters(command.Numbers("voters").Select(id => new MemberId(id)));
        var mark = new SnapshotMark(new LogIndex(command.Number("index", 0)), new Term(command.Number("log-term", 0)), membership);
        _snapshots[(receiver.Id, mark.Index)] = [];
        var accepted = receiver.Core.OfferSnapshot(mark, new MemberId(command.Number("from", 0)), new Term(command.Number("term", 0)));
        Say(accepted ? "accepted" : "not needed");
    }

    private void Install(ScriptCommand command)
    {
        var member = Member(command);
        if (member.ToInstall is not { } mark)
            throw new ScriptException("no snapshot waits at " + member.Id);
        member.Install(_snapshots[(member.Id, mark.Index)]);
    }

    private void AbandonSnapshot(ScriptCommand command) => Member(command).AbandonSnapshot();

    private void Status(ScriptCommand command)
    {
        foreach (var (id, member) in _members)
        {
            if (command.Arguments.Count > 0 && id != command.Number(0))
                continue;
            Say(Show.Status(member));
            var peers = new List<PeerStatus>();
            member.Core.CopyPeersTo(peers);
            peers.ForEach(peer => Say(Show.Peer(peer)));
        }
    }

    private void ShowLog(TestMember member)
    {
        for (var index = member.Core.FirstIndex; index <= member.Core.LastIndex; index = index.Next)
            Say("  " + Show.Entry(member.Core.Log[index]));
    }
}

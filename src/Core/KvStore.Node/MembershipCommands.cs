using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Snapshots;
using KvStore.Raft;
using CommandKind = KvStore.Protocol.Snapshots.MembershipStep.Types.Kind;
using RaftKind = KvStore.Raft.MembershipStepKind;

namespace KvStore.Node;

/// <summary>The data of entries of kind Membership: what the state machine keeps of a change, and what raft needs of it.</summary>
internal static class MembershipCommands
{
    /// <summary>The limit of learners travels with the change, so that all members judge it alike.</summary>
    public static byte[] Encode(RequestId request, MembershipRequest change, int learnersMax)
    {
        var record = new MemberRecord
        {
            Id = change.Member.Value,
            IsLearner = change.Kind == MembershipRequestKind.AddLearner,
            AutoPromote = change.AutoPromote,
        };
        record.PeerUrls.Add(Bootstrap.MemberIdentity.Ordered(change.PeerUrls));
        if (!IsReplacement(change))
            record.Replaces = change.Replaces.Value;
        var command = Command(request, KindOf(change.Kind), record, learnersMax);
        if (IsReplacement(change))
        {
            command.Joint = true;
            command.Steps.Add(new Protocol.Snapshots.MembershipStep
            {
                Kind = CommandKind.Remove, Member = new MemberRecord { Id = change.Replaces.Value },
            });
        }

        return command.ToByteArray();
    }

    /// <summary>
    /// What a peer's entry asks for, as far as it is judged: no addresses. Null where it is none that <see cref="Encode(RequestId, MembershipRequest, int)"/> wrote.
    /// </summary>
    public static MembershipRequest? TryDecode(ReadOnlySpan<byte> entry)
    {
        MembershipCommand command;
        try
        {
            command = MembershipCommand.Parser.ParseFrom(entry);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        if (command.Steps.Count != (command.Joint ? 2 : 1) || command.Steps[0].Member is not { } member || command.Steps[^1].Member is not { } last)
            return null;
        return new MembershipRequest
        {
            Kind = KindOf(command.Steps[0].Kind),
            Member = new MemberId(member.Id),
            AutoPromote = member.AutoPromote,
            Replaces = new MemberId(command.Joint ? last.Id : member.Replaces),
        };
    }

    /// <summary>The entry that makes a founder a member; the same bytes on every founder.</summary>
    public static byte[] EncodeFounder(MemberInfo founder)
    {
        var record = new MemberRecord { Id = founder.Id.Value, Name = founder.Name };
        record.PeerUrls.Add(founder.PeerUrls);
        return Command(RequestId.None, CommandKind.AddVoter, record, learnersMax: 0).ToByteArray();
    }

    /// <summary>One voter for another: both in one joint change, so that there are never fewer voters than before.</summary>
    public static MembershipChange ToRaft(MembershipRequest change) => !IsReplacement(change)
        ? MembershipChange.Of(ToRaft(KindOf(change.Kind)), change.Member)
        : new MembershipChange
        {
            Steps = [new Raft.MembershipStep(RaftKind.AddVoter, change.Member), new Raft.MembershipStep(RaftKind.Remove, change.Replaces)],
            Transition = MembershipTransition.JointAutoLeave,
        };

    /// <summary>What raft is told of an applied entry; the bytes are a member's own log, so they are what <see cref="Encode(RequestId, MembershipRequest, int)"/> wrote.</summary>
    public static MembershipChange ToRaft(ReadOnlySpan<byte> entry)
    {
        if (entry.IsEmpty)
            return MembershipChange.LeaveJoint;
        var command = MembershipCommand.Parser.ParseFrom(entry);
        var steps = new List<Raft.MembershipStep>(command.Steps.Count);
        foreach (var step in command.Steps)
            steps.Add(new Raft.MembershipStep(ToRaft(step.Kind), new MemberId(step.Member.Id)));
        return new MembershipChange
        {
            Steps = steps, Transition = command.Joint ? MembershipTransition.JointAutoLeave : MembershipTransition.Auto,
        };
    }

    private static bool IsReplacement(MembershipRequest change) =>
        change.Kind == MembershipRequestKind.Promote && !change.Replaces.IsNone;

    private static MembershipCommand Command(RequestId request, CommandKind kind, MemberRecord record, int learnersMax)
    {
        var command = new MembershipCommand { RequestId = request.Value, LearnersMax = (uint)learnersMax };
        command.Steps.Add(new Protocol.Snapshots.MembershipStep { Kind = kind, Member = record });
        return command;
    }

    private static CommandKind KindOf(MembershipRequestKind kind) => kind switch
    {
        MembershipRequestKind.AddVoter => CommandKind.AddVoter,
        MembershipRequestKind.AddLearner => CommandKind.AddLearner,
        MembershipRequestKind.Promote => CommandKind.Promote,
        MembershipRequestKind.Remove => CommandKind.Remove,
        MembershipRequestKind.Adopt => CommandKind.Adopt,
        _ => CommandKind.Update,
    };

    private static MembershipRequestKind KindOf(CommandKind kind) => kind switch
    {
        CommandKind.AddVoter => MembershipRequestKind.AddVoter,
        CommandKind.AddLearner => MembershipRequestKind.AddLearner,
        CommandKind.Promote => MembershipRequestKind.Promote,
        CommandKind.Remove => MembershipRequestKind.Remove,
        CommandKind.Adopt => MembershipRequestKind.Adopt,
        _ => MembershipRequestKind.Update,
    };

    private static RaftKind ToRaft(CommandKind kind) => kind switch
    {
        CommandKind.AddVoter or CommandKind.Promote => RaftKind.AddVoter,
        CommandKind.AddLearner => RaftKind.AddLearner,
        CommandKind.Remove => RaftKind.Remove,
        _ => RaftKind.Update,
    };
}

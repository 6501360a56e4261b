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
        };
        record.PeerUrls.Add(Bootstrap.MemberIdentity.Ordered(change.PeerUrls));
        return Encode(request, KindOf(change.Kind), record, learnersMax);
    }

    /// <summary>The entry that makes a founder a member; the same bytes on every founder.</summary>
    public static byte[] EncodeFounder(MemberInfo founder)
    {
        var record = new MemberRecord { Id = founder.Id.Value, Name = founder.Name };
        record.PeerUrls.Add(founder.PeerUrls);
        return Encode(RequestId.None, CommandKind.AddVoter, record, learnersMax: 0);
    }

    public static MembershipChange ToRaft(MembershipRequest change) =>
        MembershipChange.Of(ToRaft(KindOf(change.Kind)), change.Member);

    /// <summary>What raft is told of an applied entry; the bytes are a member's own log, so they are what <see cref="Encode(RequestId, MembershipRequest, int)"/> wrote.</summary>
    public static MembershipChange ToRaft(ReadOnlySpan<byte> entry)
    {
        if (entry.IsEmpty)
            return MembershipChange.LeaveJoint;
        var command = MembershipCommand.Parser.ParseFrom(entry);
        var steps = new List<Raft.MembershipStep>(command.Steps.Count);
        foreach (var step in command.Steps)
            steps.Add(new Raft.MembershipStep(ToRaft(step.Kind), new MemberId(step.Member.Id)));
        return new MembershipChange { Steps = steps };
    }

    private static byte[] Encode(RequestId request, CommandKind kind, MemberRecord record, int learnersMax)
    {
        var command = new MembershipCommand { RequestId = request.Value, LearnersMax = (uint)learnersMax };
        command.Steps.Add(new Protocol.Snapshots.MembershipStep { Kind = kind, Member = record });
        return command.ToByteArray();
    }

    private static CommandKind KindOf(MembershipRequestKind kind) => kind switch
    {
        MembershipRequestKind.AddVoter => CommandKind.AddVoter,
        MembershipRequestKind.AddLearner => CommandKind.AddLearner,
        MembershipRequestKind.Promote => CommandKind.Promote,
        MembershipRequestKind.Remove => CommandKind.Remove,
        _ => CommandKind.Update,
    };

    private static RaftKind ToRaft(CommandKind kind) => kind switch
    {
        CommandKind.AddVoter or CommandKind.Promote => RaftKind.AddVoter,
        CommandKind.AddLearner => RaftKind.AddLearner,
        CommandKind.Remove => RaftKind.Remove,
        _ => RaftKind.Update,
    };
}

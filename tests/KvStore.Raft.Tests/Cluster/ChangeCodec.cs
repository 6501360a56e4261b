using System.Buffers.Binary;
using System.Globalization;
using KvStore.Primitives;

namespace KvStore.Raft.Tests.Cluster;

/// <summary>An encoding of membership changes for the tests, and their short form: +4 adds a voter, ?4 a learner, -4 removes, =4 updates.</summary>
internal static class ChangeCodec
{
    private const int StepBytes = 9;

    public static byte[] Encode(MembershipChange change)
    {
        if (change.IsLeaveJoint)
            return [];
        var bytes = new byte[1 + (change.Steps.Count * StepBytes)];
        bytes[0] = (byte)change.Transition;
        for (var i = 0; i < change.Steps.Count; i++)
        {
            bytes[1 + (i * StepBytes)] = (byte)change.Steps[i].Kind;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(2 + (i * StepBytes)), change.Steps[i].Member.Value);
        }

        return bytes;
    }

    public static MembershipChange Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return MembershipChange.LeaveJoint;
        var steps = new List<MembershipStep>();
        for (var at = 1; at < bytes.Length; at += StepBytes)
            steps.Add(new MembershipStep((MembershipStepKind)bytes[at], new MemberId(BinaryPrimitives.ReadUInt64LittleEndian(bytes[(at + 1)..]))));
        return new MembershipChange { Steps = steps, Transition = (MembershipTransition)bytes[0] };
    }

    public static MembershipChange Parse(IEnumerable<string> steps, string? transition) => new()
    {
        Steps = [.. steps.Select(ParseStep)],
        Transition = transition switch
        {
            null or "auto" => MembershipTransition.Auto,
            "joint" => MembershipTransition.JointAutoLeave,
            "explicit" => MembershipTransition.JointExplicitLeave,
            _ => throw new ArgumentException("a transition is auto, joint or explicit", nameof(transition)),
        },
    };

    public static string Show(MembershipChange change) => change.IsLeaveJoint
        ? "leave-joint"
        : string.Join(' ', change.Steps.Select(step => "+?-="[(int)step.Kind] + step.Member.ToString()))
            + (change.Transition == MembershipTransition.Auto ? "" : " " + change.Transition);

    private static MembershipStep ParseStep(string text) => new(
        (MembershipStepKind)"+?-=".IndexOf(text[0], StringComparison.Ordinal),
        new MemberId(ulong.Parse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture)));
}

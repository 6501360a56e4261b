using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Node;

/// <summary>One member as the log says it is. Immutable; addresses in ordinal order.</summary>
public sealed record MemberInfo(
    MemberId Id, string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls, bool IsLearner)
{
    /// <summary>Where it stands in a joint membership.</summary>
    public MemberStage Stage { get; init; }

    /// <summary>A learner that the leader promotes by itself.</summary>
    public bool AutoPromote { get; init; }

    /// <summary>The voter whose place it takes with its promotion, or took; none for most.</summary>
    public MemberId Replaces { get; init; }

    /// <summary>A member has a name once it has started and published it.</summary>
    public bool IsStarted => Name.Length > 0;
}

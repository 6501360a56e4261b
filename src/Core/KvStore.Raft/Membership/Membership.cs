using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// Who takes part. Immutable; every set is ordered by id and without duplicates. In a joint membership
/// (<see cref="OutgoingVoters"/> not empty) a decision needs a majority of both sets of voters (raft paper §6).
/// A learner is never a voter; LearnersNext are outgoing voters that become learners when the joint membership is left.
/// </summary>
public sealed record Membership
{
    public static readonly Membership Empty = new();

    private readonly MemberId[] _voters = [];
    private readonly MemberId[] _outgoing = [];
    private readonly MemberId[] _learners = [];
    private readonly MemberId[] _learnersNext = [];

    public IReadOnlyList<MemberId> Voters { get => _voters; init => _voters = Ordered(value); }

    public IReadOnlyList<MemberId> OutgoingVoters { get => _outgoing; init => _outgoing = Ordered(value); }

    public IReadOnlyList<MemberId> Learners { get => _learners; init => _learners = Ordered(value); }

    public IReadOnlyList<MemberId> LearnersNext { get => _learnersNext; init => _learnersNext = Ordered(value); }

    /// <summary>The leader itself proposes to leave the joint membership as soon as it is applied.</summary>
    public bool AutoLeave { get; init; }

    public bool IsJoint => _outgoing.Length > 0;

    public static Membership OfVoters(params IEnumerable<MemberId> voters) => new() { Voters = [.. voters] };

    public bool IsVoter(MemberId member) =>
        Array.BinarySearch(_voters, member) >= 0 || Array.BinarySearch(_outgoing, member) >= 0;

    public bool IsLearner(MemberId member) => Array.BinarySearch(_learners, member) >= 0;

    public bool Contains(MemberId member) => IsVoter(member) || IsLearner(member);

    /// <summary>Everybody, ordered by id.</summary>
    public IReadOnlyList<MemberId> All()
    {
        var all = new SortedSet<MemberId>(_voters);
        all.UnionWith(_outgoing);
        all.UnionWith(_learners);
        return [.. all];
    }

    public bool Equals(Membership? other) =>
        other is not null
        && AutoLeave == other.AutoLeave
        && _voters.AsSpan().SequenceEqual(other._voters)
        && _outgoing.AsSpan().SequenceEqual(other._outgoing)
        && _learners.AsSpan().SequenceEqual(other._learners)
        && _learnersNext.AsSpan().SequenceEqual(other._learnersNext);

    public override int GetHashCode()
    {
        var hash = 17UL;
        foreach (var member in _voters)
            hash = (hash * 31) + member.Value;
        foreach (var member in _learners)
            hash = (hash * 37) + member.Value;
        return (int)(hash ^ (hash >> 32));
    }

    public override string ToString()
    {
        var text = "voters=(" + string.Join(' ', _voters) + ")";
        if (IsJoint)
            text += " outgoing=(" + string.Join(' ', _outgoing) + ")";
        if (_learners.Length > 0)
            text += " learners=(" + string.Join(' ', _learners) + ")";
        if (_learnersNext.Length > 0)
            text += " learners-next=(" + string.Join(' ', _learnersNext) + ")";
        return AutoLeave ? text + " auto-leave" : text;
    }

    private static MemberId[] Ordered(IReadOnlyList<MemberId> members)
    {
        MemberId[] ordered = [.. new SortedSet<MemberId>(members)];
        Check.That(ordered.Length == members.Count, "a member is named once in each set");
        Check.That(ordered.Length == 0 || !ordered[0].IsNone, "a member of a set has an id");
        return ordered;
    }
}

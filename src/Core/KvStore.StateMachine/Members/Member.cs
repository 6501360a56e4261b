using KvStore.Primitives;
using KvStore.Protocol.Snapshots;

namespace KvStore.StateMachine;

/// <summary>A member of the cluster as the log knows it. Immutable. It has started once it has a name.</summary>
public sealed record Member
{
    private readonly string[] _peerUrls = [];

    public required MemberId Id { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Sorted, as every answer shows them.</summary>
    public IReadOnlyList<string> PeerUrls
    {
        get => _peerUrls;
        init
        {
            _peerUrls = [.. value];
            Array.Sort(_peerUrls, StringComparer.Ordinal);
        }
    }

    public IReadOnlyList<string> ClientUrls { get; init; } = [];

    public bool IsLearner { get; init; }

    /// <summary>Where it stands in a joint membership.</summary>
    public MemberStage Stage { get; init; }

    /// <summary>A learner that the leader promotes by itself once it has started and caught up.</summary>
    public bool AutoPromote { get; init; }

    /// <summary>The voter whose place it takes with its promotion, or took; none for most.</summary>
    public MemberId Replaces { get; init; }

    public bool IsStarted => Name.Length > 0;

    public static Member Of(MemberRecord record) => new()
    {
        Id = new MemberId(record.Id),
        Name = record.Name,
        PeerUrls = [.. record.PeerUrls],
        ClientUrls = [.. record.ClientUrls],
        IsLearner = record.IsLearner,
        Stage = (MemberStage)record.Stage,
        AutoPromote = record.AutoPromote,
        Replaces = new MemberId(record.Replaces),
    };

    public MemberRecord ToRecord() => new()
    {
        Id = Id.Value,
        Name = Name,
        PeerUrls = { PeerUrls },
        ClientUrls = { ClientUrls },
        IsLearner = IsLearner,
        Stage = (MemberRecord.Types.Stage)Stage,
        AutoPromote = AutoPromote,
        Replaces = Replaces.Value,
    };

    /// <summary>As clients see it.</summary>
    public Protocol.Etcd.Member ToMessage() => new()
    {
        ID = Id.Value,
        Name = Name,
        PeerURLs = { PeerUrls },
        ClientURLs = { ClientUrls },
        IsLearner = IsLearner,
    };
}

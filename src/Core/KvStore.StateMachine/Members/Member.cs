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

    public bool IsStarted => Name.Length > 0;

    public static Member Of(MemberRecord record) => new()
    {
        Id = new MemberId(record.Id),
        Name = record.Name,
        PeerUrls = [.. record.PeerUrls],
        ClientUrls = [.. record.ClientUrls],
        IsLearner = record.IsLearner,
    };

    public MemberRecord ToRecord() => new()
    {
        Id = Id.Value,
        Name = Name,
        PeerUrls = { PeerUrls },
        ClientUrls = { ClientUrls },
        IsLearner = IsLearner,
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

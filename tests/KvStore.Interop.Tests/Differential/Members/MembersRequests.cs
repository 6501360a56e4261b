using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>Draws requests that leave the members that run where they are: keys, members that never start, refusals, the leader's place.</summary>
internal sealed class MembersRequests(Prng random, TwinClusters clusters)
{
    private const string Cluster = "/etcdserverpb.Cluster/";
    private const string Kv = "/etcdserverpb.KV/";
    private const ulong UnknownId = 77;
    private const int Keys = 8;

    private static readonly string[][] BadUrls =
        [[], ["not a url"], [""], ["http://127.0.0.1"], ["ftp://127.0.0.1:1"], ["http://127.0.0.1:1/path"], ["127.0.0.1:1"], ["http://127.0.250.1:1", "nonsense"]];

    private readonly List<Ghost> _ghosts = [];
    private readonly List<ulong> _removed = [];
    private int _addresses;

    /// <summary>A member that was added and is never started.</summary>
    public sealed record Ghost(ulong Number, string[] Urls, bool IsLearner);

    public IReadOnlyList<Ghost> Ghosts => _ghosts;

    public TwinMember AnyMember() => Up[random.Below(Up.Count)];

    private List<TwinMember> Up => [.. clusters.Members.Where(member => member.IsUp)];

    public RandomRequest Next() => random.Below(100) switch
    {
        < 12 => Put(),
        < 24 => Range(),
        < 28 => new(Kv + "Txn", Txn(), TxnResponse.Parser),
        < 30 => new("/etcdserverpb.Maintenance/HashKV", new HashKVRequest(), HashKVResponse.Parser),
        < 40 => List(),
        < 50 => new("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser),
        < 62 => AddGhost(),
        < 70 => Update(),
        < 79 => Promote(Someone()),
        < 88 => Remove(Absent()),
        _ => MoveLeader(),
    };

    public static RandomRequest Add(string[] urls, bool isLearner) => new(Cluster + "MemberAdd", new MemberAddRequest { PeerURLs = { urls }, IsLearner = isLearner }, MemberAddResponse.Parser);

    public static RandomRequest Promote(ulong number) => new(Cluster + "MemberPromote", new MemberPromoteRequest { ID = number }, MemberPromoteResponse.Parser);

    public static RandomRequest Remove(ulong number) => new(Cluster + "MemberRemove", new MemberRemoveRequest { ID = number }, MemberRemoveResponse.Parser);

    public RandomRequest List() => new(Cluster + "MemberList", new MemberListRequest { Linearizable = random.Chance(1, 2) }, MemberListResponse.Parser);

    public RandomRequest Put() => new(Kv + "Put", new PutRequest { Key = Key(), Value = ByteString.CopyFromUtf8($"{random.NextUInt64()}"), PrevKv = random.Chance(1, 4) }, PutResponse.Parser);

    public RandomRequest Range() => new(Kv + "Range", new RangeRequest { Key = Key(), RangeEnd = random.Chance(1, 2) ? ByteString.Empty : ByteString.CopyFromUtf8("k0"), Serializable = random.Chance(1, 3) }, RangeResponse.Parser);

    /// <summary>To a member that is up: to another one the answer is a matter of the caller's patience.</summary>
    public RandomRequest MoveLeader() => MoveLeader(random.Below(8) switch
    {
        0 => 0,
        1 => UnknownId,
        2 => _ghosts.Find(ghost => ghost.IsLearner)?.Number ?? UnknownId,
        3 => _removed.Count > 0 ? _removed[random.Below(_removed.Count)] : UnknownId,
        4 => clusters.Leader.Number,
        _ => AnyMember().Number,
    });

    public static RandomRequest MoveLeader(ulong target) => new("/etcdserverpb.Maintenance/MoveLeader", new MoveLeaderRequest { TargetID = target }, MoveLeaderResponse.Parser);

    /// <summary>Learns who was added and removed. Both sides granted it.</summary>
    public void OnGranted(IMessage request, TwinAnswer answer)
    {
        switch (request)
        {
            case MemberAddRequest add:
                var number = clusters.Ids.Add(((MemberAddResponse)answer.Responses[0]!).Member.ID, ((MemberAddResponse)answer.Responses[1]!).Member.ID);
                _ghosts.Add(new Ghost(number, [.. add.PeerURLs], add.IsLearner));
                break;
            case MemberUpdateRequest update when _ghosts.FindIndex(ghost => ghost.Number == update.ID) is >= 0 and var at:
                _ghosts[at] = _ghosts[at] with { Urls = [.. update.PeerURLs] };
                break;
            case MemberRemoveRequest remove:
                _ghosts.RemoveAll(ghost => ghost.Number == remove.ID);
                _removed.Add(remove.ID);
                break;
        }
    }

    /// <summary>The last that was added starts now.</summary>
    public void OnStarting() => _ghosts.RemoveAt(_ghosts.Count - 1);

    /// <summary>Of voters that never start there is one at most, so that the quorum is never lost.</summary>
    private RandomRequest AddGhost()
    {
        var isLearner = random.Chance(1, 2) || _ghosts.Exists(ghost => !ghost.IsLearner) || clusters.Members.Any(member => !member.IsUp);
        return Add(random.Below(5) switch { 0 => BadUrls[random.Below(BadUrls.Length)], 1 => Taken(), _ => Fresh() }, isLearner);
    }

    /// <summary>
    /// Members that run are given the addresses that they have. No addresses that do not parse (by design 16), and no learners (by
    /// design 17).
    /// </summary>
    private RandomRequest Update()
    {
        var voters = _ghosts.FindAll(ghost => !ghost.IsLearner);
        var (number, urls) = random.Below(5) switch
        {
            0 => (UnknownId, Fresh()),
            1 when voters.Count > 0 => (voters[0].Number, Fresh()),
            2 when voters.Count > 0 => (voters[0].Number, [TwinAnswers.PeerOf(AnyMember().Name)]),
            3 when _removed.Count > 0 => (_removed[random.Below(_removed.Count)], Fresh()),
            _ => Own(AnyVoter()),
        };
        return new(Cluster + "MemberUpdate", new MemberUpdateRequest { ID = number, PeerURLs = { urls } }, MemberUpdateResponse.Parser);
    }

    private (ulong Number, string[] Urls) Own(TwinMember member) => (member.Number, [TwinAnswers.PeerOf(random.Chance(1, 4) ? AnyVoter().Name : member.Name)]);

    public TwinMember AnyVoter()
    {
        var voters = Up.FindAll(member => member.Number != clusters.Learner?.Number);
        return voters[random.Below(voters.Count)];
    }

    public string[] Fresh() => [.. Enumerable.Range(0, random.Chance(1, 4) ? 2 : 1).Select(_ => $"http://127.9.{++_addresses / 250}.{1 + (_addresses % 250)}:1")];

    private string[] Taken() => _ghosts.Count > 0 && random.Chance(1, 2) ? _ghosts[random.Below(_ghosts.Count)].Urls : [TwinAnswers.PeerOf(AnyMember().Name)];

    /// <summary>But not the learner that runs, whose promotion is a step of its own.</summary>
    private ulong Someone() => random.Chance(1, 3) ? AnyVoter().Number : Absent();

    /// <summary>Members that do not run: unknown, removed, never started.</summary>
    private ulong Absent() => random.Below(6) switch
    {
        0 => UnknownId,
        1 when _removed.Count > 0 => _removed[random.Below(_removed.Count)],
        _ when _ghosts.Count > 0 => _ghosts[random.Below(_ghosts.Count)].Number,
        _ => UnknownId,
    };

    private ByteString Key() => ByteString.CopyFromUtf8($"k/{random.Below(Keys)}");

    private TxnRequest Txn() => new()
    {
        Compare = { new Compare { Key = Key(), Target = Compare.Types.CompareTarget.Version, Result = Compare.Types.CompareResult.Greater, Version = random.Below(4) } },
        Success = { new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Key() } } },
        Failure = { new RequestOp { RequestPut = (PutRequest)Put().Message } },
    };
}

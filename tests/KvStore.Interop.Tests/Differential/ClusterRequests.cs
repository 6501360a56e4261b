using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Members that never start are added, changed, promoted and removed. They are learners only: in a cluster of one, a voter that does not
/// run would take the quorum.
/// </summary>
internal sealed class ClusterRequests(Prng random, Membership members)
{
    private const string Service = "/etcdserverpb.Cluster/";
    private const ulong NobodyId = 77;

    private static readonly string[][] BadUrls =
    [
        [], ["not a url"], [""], ["http://127.0.0.1"], ["ftp://127.0.0.1:1"], ["http://127.0.0.1:1/path"], ["127.0.0.1:1"],
        ["http://127.0.0.1:x"], ["http://127.0.250.1:1", "nonsense"],
    ];

    private int _addresses;

    public RandomRequest Next() => random.Below(20) switch
    {
        < 5 => List(),
        < 9 => Add(new MemberAddRequest { PeerURLs = { Fresh() }, IsLearner = true }),
        9 => Add(new MemberAddRequest { PeerURLs = { BadUrls[random.Below(BadUrls.Length)] }, IsLearner = true }),
        10 => Add(new MemberAddRequest { PeerURLs = { Taken() }, IsLearner = true }),
        < 13 => Update(),
        < 16 => new(Service + "MemberPromote", new MemberPromoteRequest { ID = SomeMember() }, MemberPromoteResponse.Parser),
        _ => new(Service + "MemberRemove", new MemberRemoveRequest { ID = Ghost() }, MemberRemoveResponse.Parser),
    };

    public RandomRequest List() => new(Service + "MemberList", new MemberListRequest { Linearizable = random.Chance(2, 3) }, MemberListResponse.Parser);

    private static RandomRequest Add(MemberAddRequest add) => new(Service + "MemberAdd", add, MemberAddResponse.Parser);

    /// <summary>
    /// No addresses that do not parse: etcd takes them from MemberUpdate and its process ends (by design 16). No learners: etcd calls them
    /// voters from then on (by design 17).
    /// </summary>
    private RandomRequest Update()
    {
        var number = Ghost();
        var update = new MemberUpdateRequest { ID = members.Ghosts.Any(ghost => ghost.Number == number && ghost.IsLearner) ? NobodyId : number };
        update.PeerURLs.Add(random.Chance(1, 4) ? Taken() : Fresh());
        return new(Service + "MemberUpdate", update, MemberUpdateResponse.Parser);
    }

    /// <summary>Addresses of the loopback range where nobody listens; one or two.</summary>
    private string[] Fresh() => [.. Enumerable.Range(0, random.Chance(1, 4) ? 2 : 1).Select(_ => FreshOne())];

    private string FreshOne()
    {
        _addresses++;
        return $"http://127.{1 + (_addresses / 60_000)}.{_addresses / 240 % 250}.{2 + (_addresses % 240)}:1";
    }

    private string[] Taken() => members.Ghosts.Count == 0 ? ["nonsense-taken"] : [.. members.Ghosts[random.Below(members.Ghosts.Count)].Urls];

    private ulong SomeMember() => random.Chance(1, 4) ? members.Running.ElementAt(random.Below(members.Running.Count)) : Ghost();

    /// <summary>Sometimes one that was removed, or never was.</summary>
    private ulong Ghost() => random.Below(8) switch
    {
        0 => NobodyId,
        1 when members.Removed.Count > 0 => members.Removed[random.Below(members.Removed.Count)],
        _ when members.Ghosts.Count > 0 => members.Ghosts[random.Below(members.Ghosts.Count)].Number,
        _ => NobodyId,
    };
}

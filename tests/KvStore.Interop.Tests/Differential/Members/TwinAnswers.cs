using System.Globalization;
using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>
/// Translates between the two clusters. A request names members by numbers and addresses of members that run as "peer:name"; each side is
/// sent its own. Of an answer everything is shown but what is the server's own: cluster id, raft term and positions, sizes and version.
/// </summary>
internal sealed class TwinAnswers(MemberIds ids)
{
    private readonly List<(string Word, string[] Urls)> _addresses = [];

    public static string PeerOf(string name) => "peer:" + name;

    /// <param name="processes">Of one member: etcd's and ours.</param>
    public void Know(IReadOnlyList<ServerProcess> processes)
    {
        _addresses.Add((PeerOf(processes[0].Name), [.. processes.Select(process => Url(process.PeerPort))]));
        _addresses.Add(("client:" + processes[0].Name, [.. processes.Select(process => Url(process.ClientPort))]));
    }

    public static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    public IMessage ForSide(int side, IMessage message) => message switch
    {
        MemberAddRequest add => new MemberAddRequest { IsLearner = add.IsLearner, PeerURLs = { add.PeerURLs.Select(url => Sent(side, url)) } },
        MemberUpdateRequest update => new MemberUpdateRequest { ID = ids.IdOf(side, update.ID), PeerURLs = { update.PeerURLs.Select(url => Sent(side, url)) } },
        MemberRemoveRequest remove => new MemberRemoveRequest { ID = ids.IdOf(side, remove.ID) },
        MemberPromoteRequest promote => new MemberPromoteRequest { ID = ids.IdOf(side, promote.ID) },
        MoveLeaderRequest move => new MoveLeaderRequest { TargetID = ids.IdOf(side, move.TargetID) },
        _ => message,
    };

    /// <summary>The answer as text that is the same on both sides.</summary>
    public string Show(int side, IMessage request, IMessage answer)
    {
        var header = answer.Descriptor.FindFieldByName("header")?.Accessor.GetValue(answer) as ResponseHeader;
        var by = header is null ? "no header" : $"revision {header.Revision} by {Number(side, header.MemberId)}{(header.ClusterId == 0 ? " of no cluster" : "")}{(header.RaftTerm == 0 ? " in no term" : "")}";
        return $"{by}: {answer switch
        {
            MemberAddResponse add => $"added {Show(side, add.Member)} to {Show(side, add.Members)}",
            MemberRemoveResponse remove => Show(side, remove.Members),
            MemberUpdateResponse update => Show(side, update.Members),
            MemberPromoteResponse promote => Show(side, promote.Members),
            MemberListResponse list => Show(side, list.Members),
            StatusResponse status => $"learner {status.IsLearner}, leader {Number(side, status.Leader)}, errors {status.Errors}, {(status.RaftTerm == 0 ? "no term" : "a term")}",
            AuthenticateResponse login => login.Token.Length > 16 ? "a token" : "too short",
            _ => AnswerComparison.Normalize(request, WithoutHeader(answer)),
        }}";
    }

    private static IMessage WithoutHeader(IMessage answer)
    {
        if (answer.Descriptor.FindFieldByName("header")?.Accessor.GetValue(answer) is ResponseHeader header)
            (header.ClusterId, header.MemberId, header.RaftTerm) = (0, 0, 0);
        return answer;
    }

    private string Sent(int side, string url) => _addresses.Find(address => address.Word == url).Urls is { } urls ? urls[side] : url;

    private string Shown(int side, string url) => _addresses.Find(address => address.Urls[side] == url).Word ?? url;

    private string Number(int side, ulong id) => id == 0 ? "none" : ids.NumberOf(side, id).ToString(CultureInfo.InvariantCulture);

    /// <summary>The members are listed by id, which is each side's own: here by number, and whether they were in order.</summary>
    private string Show(int side, IReadOnlyList<Member> members)
    {
        var isOrdered = members.Zip(members.Skip(1)).All(pair => pair.First.ID < pair.Second.ID);
        return $"{(isOrdered ? "" : "not in order ")}{string.Join("; ", members.OrderBy(member => ids.NumberOf(side, member.ID)).Select(member => Show(side, member)))}";
    }

    private string Show(int side, Member member) =>
        $"{Number(side, member.ID)} '{member.Name}' [{string.Join(',', member.PeerURLs.Select(url => Shown(side, url)))}] [{string.Join(',', member.ClientURLs.Select(url => Shown(side, url)))}]{(member.IsLearner ? " learner" : "")}";
}

using Google.Protobuf;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Who belongs to the two clusters that are compared: the members that run, and ghosts, which were added and are never started.
/// Addresses of members that run are each side's own; a ghost's are the same on both.
/// </summary>
internal sealed class Membership
{
    private readonly List<Ghost> _ghosts = [];
    private readonly List<ulong> _removed = [];
    private readonly Dictionary<string, ulong> _running = [];

    public sealed record Ghost(ulong Number, IReadOnlyList<string> Urls, bool IsLearner);

    public MemberIds Ids { get; } = new();

    public IReadOnlyList<Ghost> Ghosts => _ghosts;

    public IReadOnlyList<ulong> Removed => _removed;

    public IReadOnlyCollection<ulong> Running => _running.Values;

    /// <summary>Learns the ids of the members that run, by their names.</summary>
    public void Begin(MemberListResponse expected, MemberListResponse actual)
    {
        foreach (var member in expected.Members.Where(member => member.Name.Length > 0))
            _running[member.Name] = Ids.Add(member.ID, actual.Members.Single(other => other.Name == member.Name).ID);
    }

    /// <summary>The message as one side is to be sent it.</summary>
    public IMessage ForSide(int side, IMessage message)
    {
        switch (message)
        {
            case MemberRemoveRequest remove:
                return new MemberRemoveRequest(remove) { ID = Ids.IdOf(side, remove.ID) };
            case MemberUpdateRequest update:
                return new MemberUpdateRequest(update) { ID = Ids.IdOf(side, update.ID) };
            case MemberPromoteRequest promote:
                return new MemberPromoteRequest(promote) { ID = Ids.IdOf(side, promote.ID) };
            case MoveLeaderRequest move:
                return new MoveLeaderRequest(move) { TargetID = Ids.IdOf(side, move.TargetID) };
            default:
                return message;
        }
    }

    public void OnAnswered(IMessage request, IMessage expected, IMessage actual)
    {
        switch (request)
        {
            case MemberAddRequest add:
                var number = Ids.Add(((MemberAddResponse)expected).Member.ID, ((MemberAddResponse)actual).Member.ID);
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

    /// <summary>An answer of the Cluster service as text that is the same on both sides; null for any other.</summary>
    public string? Show(int side, IMessage answer) => answer switch
    {
        MemberAddResponse add => $"{Show(add.Header)}, added {Show(side, add.Member)} to {Show(side, add.Members)}",
        MemberRemoveResponse remove => $"{Show(remove.Header)}: {Show(side, remove.Members)}",
        MemberUpdateResponse update => $"{Show(update.Header)}: {Show(side, update.Members)}",
        MemberPromoteResponse promote => $"{Show(promote.Header)}: {Show(side, promote.Members)}",
        MemberListResponse list => $"{Show(list.Header)}: {Show(side, list.Members)}",
        _ => null,
    };

    private static string Show(ResponseHeader header) => $"revision {header.Revision}";

    private string Show(int side, IEnumerable<Member> members) =>
        string.Join(", ", members.Select(member => (Number: Ids.NumberOf(side, member.ID), Text: Show(side, member))).OrderBy(one => one.Number).Select(one => one.Text));

    private string Show(int side, Member member)
    {
        var urls = member.Name.Length > 0 ? $"{member.PeerURLs.Count} and {member.ClientURLs.Count} addresses" : $"{member.PeerURLs} {member.ClientURLs}";
        return $"{Ids.NumberOf(side, member.ID)} '{member.Name}' {urls}{(member.IsLearner ? " learner" : "")}";
    }
}

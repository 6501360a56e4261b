using KvStore.Node.Peers;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Consensus;

/// <summary>
/// Who the members are, as applied, and what the network knows of them. A member that joins works with what it was told until
/// the log has told it of itself. Owned by the Consensus lane.
/// </summary>
internal sealed class PeerBook(IPeerNetwork network, MemberId self, IReadOnlyList<MemberInfo> toldAtStart)
{
    /// <summary>A removed member hears what happened to it as long as the network still has a way to it.</summary>
    private static readonly TimeSpan _farewell = TimeSpan.FromMinutes(1);

    /// <summary>One answer a second to a member that keeps talking.</summary>
    private static readonly TimeSpan _repeat = TimeSpan.FromSeconds(1);

    private readonly IPeerNetwork _network = network;
    private readonly MemberId _self = self;
    private readonly SortedDictionary<MemberId, IReadOnlyList<string>> _known = [];
    private readonly SortedDictionary<MemberId, Instant> _leaving = [];
    private readonly SortedDictionary<MemberId, Instant> _told = [];
    private readonly HashSet<MemberId> _dismissed = [];
    private readonly List<MemberId> _gone = [];
    private Instant _now;

    public MemberDirectory Directory { get; private set; } = MemberDirectory.Empty;

    public void Begin(MemberDirectory directory)
    {
        foreach (var member in toldAtStart)
            Know(member);
        Update(directory);
    }

    public void Update(MemberDirectory directory)
    {
        Directory = directory;
        foreach (var member in directory.Members)
            Know(member);
        foreach (var removed in directory.Removed)
        {
            if (_known.ContainsKey(removed))
                _leaving.TryAdd(removed, _now + _farewell);
            else if (_dismissed.Add(removed))
                // Also after a restart of this member: the network refuses its connections and says why (C1).
                _network.RemovePeer(removed);
        }
    }

    public void Tick(Instant now)
    {
        _now = now;
        foreach (var (member, until) in _leaving)
        {
            if (now >= until)
                _gone.Add(member);
        }

        foreach (var member in _gone)
        {
            _leaving.Remove(member);
            _known.Remove(member);
            _told.Remove(member);
            _dismissed.Add(member);
            _network.RemovePeer(member);
        }

        _gone.Clear();
    }

    public void TellRemoved(MemberId member, PeerPost post, Instant now)
    {
        if (_told.TryGetValue(member, out var last) && now < last + _repeat)
            return;
        _told[member] = now;
        post.SendRemoved(member);
    }

    private void Know(MemberInfo member)
    {
        if (member.Id == _self || member.PeerUrls.Count == 0)
            return;
        if (_known.TryGetValue(member.Id, out var urls) && AreEqual(urls, member.PeerUrls))
            return;
        _known[member.Id] = member.PeerUrls;
        _network.SetPeer(member.Id, member.PeerUrls);
    }

    private static bool AreEqual(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        if (left.Count != right.Count)
            return false;
        for (var i = 0; i < left.Count; i++)
        {
            if (left[i] != right[i])
                return false;
        }

        return true;
    }
}

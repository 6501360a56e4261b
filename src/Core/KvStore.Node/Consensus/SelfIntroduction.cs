using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Commands;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// Makes the member known: the leader sets the cluster's version where it is another, and each member's name and client addresses
/// go through the log until the log says them. Owned by the Consensus lane.
/// </summary>
internal sealed class SelfIntroduction(NodeOptions options, MemberId self)
{
    private readonly NodeOptions _options = options;
    private readonly MemberId _self = self;
    private Instant _attributesAgain;
    private Instant _versionAgain;

    /// <summary>The log has this member's attributes, and the version that the cluster speaks: whoever is served finds both.</summary>
    public bool IsDone { get; private set; }

    /// <summary>A command to propose now, or null. Each of the two is repeated on its own, so that neither waits for the other.</summary>
    public byte[]? Next(MemberDirectory directory, RaftCore raft, Instant now)
    {
        if (directory.Find(_self) is not { } member)
            return null;
        var isAsConfigured = IsAsConfigured(member);
        IsDone = isAsConfigured && directory.ClusterVersion.Length > 0;
        if (raft.Leader.IsNone)
            return null;
        // What the members speak, or while they are being replaced by older ones, what those do.
        var wanted = directory.DowngradeTarget.Length > 0 ? directory.DowngradeTarget : _options.ServerVersion;
        if (raft.Role == RaftRole.Leader && directory.ClusterVersion != wanted && IsDue(ref _versionAgain, now))
            return VersionCommand(wanted).ToByteArray();
        return !isAsConfigured && IsDue(ref _attributesAgain, now) ? AttributesCommand().ToByteArray() : null;
    }

    private bool IsDue(ref Instant again, Instant now)
    {
        if (now < again)
            return false;
        again = now + _options.PublishRetryInterval;
        return true;
    }

    private bool IsAsConfigured(MemberInfo member)
    {
        if (member.Name != _options.Name || member.ClientUrls.Count != _options.ClientUrls.Count)
            return false;
        foreach (var url in _options.ClientUrls)
        {
            var isThere = false;
            foreach (var published in member.ClientUrls)
                isThere |= published == url;
            if (!isThere)
                return false;
        }

        return true;
    }

    private Command AttributesCommand()
    {
        var attributes = new MemberAttributes { MemberId = _self.Value, Name = _options.Name };
        attributes.ClientUrls.Add(_options.ClientUrls);
        return new Command { MemberAttributes = attributes };
    }

    private static Command VersionCommand(string version) => new() { ClusterVersion = new ClusterVersion { Version = version } };
}

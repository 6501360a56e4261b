using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Commands;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// Makes the member known: its name and client addresses go through the log until the log says them, and the leader sets the
/// cluster's version where it is another. Owned by the Consensus lane.
/// </summary>
internal sealed class SelfIntroduction(NodeOptions options, MemberId self)
{
    private readonly NodeOptions _options = options;
    private readonly MemberId _self = self;
    private Instant _again;

    /// <summary>The log has this member's attributes.</summary>
    public bool IsDone { get; private set; }

    /// <summary>A command to propose now, or null.</summary>
    public byte[]? Next(MemberDirectory directory, RaftCore raft, Instant now)
    {
        if (directory.Find(_self) is not { } member)
            return null;
        IsDone = IsAsConfigured(member);
        // What the members speak, or while they are being replaced by older ones, what those do.
        var wanted = directory.DowngradeTarget.Length > 0 ? directory.DowngradeTarget : _options.ServerVersion;
        var lacksVersion = directory.ClusterVersion != wanted && raft.Role == RaftRole.Leader;
        if ((IsDone && !lacksVersion) || raft.Leader.IsNone || now < _again)
            return null;
        _again = now + _options.PublishRetryInterval;
        return (IsDone ? VersionCommand(wanted) : AttributesCommand()).ToByteArray();
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

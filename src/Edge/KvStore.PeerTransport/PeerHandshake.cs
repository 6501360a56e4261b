using System.Globalization;
using KvStore.Grpc;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>
/// What a member says of itself when it opens a stream or calls, and how that is judged. As with etcd's peer protocol the cluster's
/// id comes first: members of two clusters that share an address must never exchange a vote.
/// </summary>
public sealed record PeerHandshake(ClusterId Cluster, MemberId From, MemberId To, int Version, IReadOnlyList<string> FromUrls)
{
    /// <summary>Raised when frames change so that an older member would misread them; a test of the codec holds their bytes.</summary>
    public const int ProtocolVersion = 2;

    public const string RemovedText = "the member has been permanently removed from the cluster";

    internal const string ClusterHeader = "kv-cluster";
    internal const string FromHeader = "kv-from";
    internal const string ToHeader = "kv-to";
    internal const string VersionHeader = "kv-version";
    internal const string UrlsHeader = "kv-urls";
    internal const string ChannelHeader = "kv-channel";
    internal const string MethodHeader = "kv-method";

    internal static PeerHandshake Ours(PeerTransportOptions options, MemberId to) =>
        new(options.Cluster, options.Self, to, ProtocolVersion, options.SelfUrls);

    internal Metadata ToMetadata()
    {
        var metadata = new Metadata();
        metadata.Add(ClusterHeader, Cluster.ToString());
        metadata.Add(FromHeader, From.ToString());
        metadata.Add(ToHeader, To.ToString());
        metadata.Add(VersionHeader, Version.ToString(CultureInfo.InvariantCulture));
        if (FromUrls.Count > 0)
            metadata.Add(UrlsHeader, string.Join(',', FromUrls));
        return metadata;
    }

    /// <summary>Null when the headers are no handshake.</summary>
    internal static PeerHandshake? Read(Func<string, string?> header)
    {
        if (!TryHex(header(ClusterHeader), out var cluster) || !TryHex(header(FromHeader), out var from) || !TryHex(header(ToHeader), out var to)
            || !int.TryParse(header(VersionHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return null;
        var urls = header(UrlsHeader) is { Length: > 0 } list ? list.Split(',') : [];
        return new PeerHandshake(new ClusterId(cluster), new MemberId(from), new MemberId(to), version, urls);
    }

    /// <summary>OK when we are meant and the other may be who it says; otherwise the words for both logs.</summary>
    internal GrpcStatus Judge(PeerTransportOptions us, Func<MemberId, bool> wasRemoved)
    {
        if (Version != ProtocolVersion)
            return Refuse($"peer protocol version mismatch: remote {Version.ToString(CultureInfo.InvariantCulture)}, local {ProtocolVersion.ToString(CultureInfo.InvariantCulture)}");
        if (Cluster != us.Cluster)
            return Refuse($"cluster ID mismatch: remote {Cluster}, local {us.Cluster}");
        if (To != us.Self)
            return Refuse($"member ID mismatch: sent to {To}, this is {us.Self}");
        if (From == us.Self || From.IsNone)
            return Refuse($"member ID {From} cannot be a peer of {us.Self}");
        return wasRemoved(From) ? new GrpcStatus(StatusCode.PermissionDenied, RemovedText) : GrpcStatus.OK;
    }

    internal static bool TryReadChannel(string? value, out PeerChannel channel)
    {
        channel = value switch { "control" => PeerChannel.Control, "log" => PeerChannel.Log, "snapshot" => PeerChannel.Snapshot, _ => (PeerChannel)(-1) };
        return (int)channel >= 0;
    }

    internal static string ChannelName(PeerChannel channel) => channel switch
    {
        PeerChannel.Control => "control",
        PeerChannel.Log => "log",
        _ => "snapshot",
    };

    private static GrpcStatus Refuse(string text) => new(StatusCode.FailedPrecondition, text);

    private static bool TryHex(string? value, out ulong number)
    {
        number = 0;
        return value is { Length: > 0 and <= 16 } && ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }
}

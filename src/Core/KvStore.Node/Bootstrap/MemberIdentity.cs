using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KvStore.Primitives;

namespace KvStore.Node.Bootstrap;

/// <summary>
/// The ids of members and clusters, computed as etcd does (contract 3.7): the first eight bytes, big-endian, of a SHA-1. It is no
/// secret and no signature; what matters is that every member computes the same.
/// </summary>
public static class MemberIdentity
{
    /// <summary>The id of a member of an initial cluster: its sorted peer addresses and the cluster's token.</summary>
    public static MemberId OfFounder(IReadOnlyList<string> peerUrls, string token) => Of(peerUrls, token);

    /// <summary>The id of a member added to a running cluster: its sorted peer addresses and the time, so that re-adding gives a new one (C2).</summary>
    public static MemberId OfAdded(IReadOnlyList<string> peerUrls, long unixSeconds) =>
        Of(peerUrls, unixSeconds.ToString(CultureInfo.InvariantCulture));

    /// <summary>The id of a cluster: the ids of its founders.</summary>
    public static ClusterId OfCluster(IEnumerable<MemberId> founders)
    {
        var ordered = new SortedSet<MemberId>(founders);
        var bytes = new byte[ordered.Count * sizeof(ulong)];
        var at = 0;
        foreach (var member in ordered)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), member.Value);
            at += sizeof(ulong);
        }

        return new ClusterId(FirstEightBytes(bytes));
    }

    public static IReadOnlyList<string> Ordered(IReadOnlyList<string> urls)
    {
        string[] ordered = [.. urls];
        Array.Sort(ordered, StringComparer.Ordinal);
        return ordered;
    }

    private static MemberId Of(IReadOnlyList<string> peerUrls, string suffix) =>
        new(FirstEightBytes(Encoding.UTF8.GetBytes(string.Concat(Ordered(peerUrls)) + suffix)));

    private static ulong FirstEightBytes(byte[] bytes)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // Not for security: the number must be etcd's.
        SHA1.HashData(bytes, hash);
#pragma warning restore CA5350
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}

using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Node;
using KvStore.PeerTransport;
using KvStore.Protocol.Etcd;

namespace KvStore.Server.Hosting;

/// <summary>
/// What a member that has no data asks those that may have some: who are you? The answer is a MemberListResponse of the Cluster
/// service, and open to strangers, since who asks knows no ids yet; what lets them in is the peer listener's TLS.
/// </summary>
internal static class ClusterInquiry
{
    private const string Method = "members";

    public static void Handle(PeerNetwork network, Func<NodeStatus> status) =>
        network.Handle(Method, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(Describe(status()).ToByteArray()), openToStrangers: true);

    /// <summary>The first answer of the addresses, or null when none answers in time.</summary>
    /// <exception cref="OperationCanceledException">The token has ended.</exception>
    public static async Task<MemberListResponse?> AskAsync(IReadOnlyList<string> urls, TlsClientOptions? tls, TimeSpan timeout, CancellationToken stop)
    {
        if (urls.Count == 0)
            return null;
        try
        {
            var answer = await PeerNetwork.AskAsync(urls, Method, default, tls, timeout, stop).ConfigureAwait(false);
            return MemberListResponse.Parser.ParseFrom(answer.Span);
        }
        catch (Exception exception) when (exception is GrpcException or InvalidProtocolBufferException)
        {
            stop.ThrowIfCancellationRequested();
            return null;
        }
    }

    private static MemberListResponse Describe(NodeStatus status)
    {
        var response = new MemberListResponse { Header = new ResponseHeader { ClusterId = status.Cluster.Value, MemberId = status.Self.Value } };
        foreach (var member in status.Members)
        {
            response.Members.Add(new Protocol.Etcd.Member
            {
                ID = member.Id.Value,
                Name = member.Name,
                PeerURLs = { member.PeerUrls },
                ClientURLs = { member.ClientUrls },
                IsLearner = member.IsLearner,
            });
        }

        return response;
    }
}

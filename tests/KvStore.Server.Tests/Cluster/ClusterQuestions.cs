using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>What tests ask a cluster: who leads, what a key holds, whether all members hold the same.</summary>
internal static class ClusterQuestions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly CallOptions Patient = new() { Timeout = Patience };

    /// <summary>The member that leads by its own word; asked until there is one.</summary>
    public static async Task<ServerProcess> LeaderAsync(this TlsCluster cluster)
    {
        using var timeout = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            foreach (var member in cluster.Members)
            {
                using var channel = cluster.Connect(member);
                try
                {
                    var status = await channel.UnaryAsync("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser,
                        new CallOptions { Timeout = TimeSpan.FromSeconds(1) }, timeout.Token);
                    if (status.Leader != 0 && status.Leader == status.Header.MemberId)
                        return member;
                }
                catch (GrpcException)
                {
                    // This member is starting or has no leader: ask the next.
                }
            }

            await poll.WaitForNextTickAsync(timeout.Token);
        }
    }

    public static Task<PutResponse> PutAsync(this GrpcChannel channel, string key, string value, TimeSpan? limit = null) =>
        channel.UnaryAsync("/etcdserverpb.KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) },
            PutResponse.Parser, limit is { } time ? new CallOptions { Timeout = time } : Patient);

    public static Task<RangeResponse> GetAsync(this GrpcChannel channel, string key, TimeSpan? limit = null) =>
        channel.UnaryAsync("/etcdserverpb.KV/Range", new RangeRequest { Key = ByteString.CopyFromUtf8(key) },
            RangeResponse.Parser, limit is { } time ? new CallOptions { Timeout = time } : Patient);

    public static Task<MemberListResponse> MembersAsync(this GrpcChannel channel) =>
        channel.UnaryAsync("/etcdserverpb.Cluster/MemberList", new MemberListRequest { Linearizable = true }, MemberListResponse.Parser, Patient);

    /// <summary>Every acknowledged put is there at its revision, on every member, and the members' key spaces hash alike.</summary>
    public static async Task AssertHoldsAsync(this TlsCluster cluster, IReadOnlyDictionary<string, long> acknowledged)
    {
        Assert.True(acknowledged.Count > 1000, "the load ran");
        var hashes = new HashSet<(uint Hash, long Revision)>();
        long revision = 0;
        foreach (var member in cluster.Members)
        {
            using var channel = cluster.Connect(member);
            // A linearizable read first: whatever was acknowledged is applied on this member when it answers.
            var request = new RangeRequest { Key = ByteString.CopyFromUtf8("writer/"), RangeEnd = ByteString.CopyFromUtf8("writer0") };
            var answer = await channel.UnaryAsync("/etcdserverpb.KV/Range", request, RangeResponse.Parser, Patient);
            var stored = answer.Kvs.ToDictionary(kv => kv.Key.ToStringUtf8(), kv => kv.ModRevision, StringComparer.Ordinal);
            foreach (var (key, at) in acknowledged)
            {
                if (stored.GetValueOrDefault(key) != at)
                    Assert.Fail($"{member.Name}: {key} was acknowledged at {at} and is at {stored.GetValueOrDefault(key)}");
            }

            revision = revision == 0 ? answer.Header.Revision : revision;
            var hash = await channel.UnaryAsync("/etcdserverpb.Maintenance/HashKV", new HashKVRequest { Revision = revision }, HashKVResponse.Parser, Patient);
            hashes.Add((hash.Hash, hash.HashRevision));
        }

        Assert.Single(hashes);
    }

    /// <summary>Waits for a line of the member's log.</summary>
    public static async Task UntilLoggedAsync(this ServerProcess member, string text)
    {
        using var timeout = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!member.Process.Errors.Contains(text, StringComparison.Ordinal))
        {
            try
            {
                await poll.WaitForNextTickAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"'{text}' is not in the log of {member.Name}:\n{member.Process.Errors}");
            }
        }
    }
}

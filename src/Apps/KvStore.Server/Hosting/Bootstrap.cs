using KvStore.Grpc.Client;
using KvStore.Hosting.Discovery;
using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Server.Configuration;
using KvStore.Server.Discovery;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>
/// How a member without data comes to be, by etcd's rules: it founds a cluster with the others of --initial-cluster, or joins one
/// that has added it. A member with data asks nobody: who it is stands in its log.
/// </summary>
internal static class Bootstrap
{
    /// <summary>How long a founder asks the others whether they know it already. Those of a new cluster are not up yet and refuse at once.</summary>
    private static readonly TimeSpan FounderPatience = TimeSpan.FromSeconds(1);

    /// <summary>How long a joining member looks for somebody of its cluster; supervisors start it again after that.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan JoinPause = TimeSpan.FromMilliseconds(200);

    public static async Task<BootstrapPlan> PlanAsync(ServerOptions options, bool hasLog, TlsClientOptions? tls, ILogger logger, CancellationToken stop)
    {
        if (hasLog && (options.Discovery is not null || options.DiscoveryDomain is not null))
            return BootstrapPlan.Restart;
        if (options.Discovery is { } discovery)
        {
            options = options with { InitialCluster = await new RegistryDiscovery(logger, TimeProvider.System).JoinAsync(options, discovery, stop).ConfigureAwait(false) };
        }
        else if (options.DiscoveryDomain is { } domain)
        {
            var names = new SrvDiscovery(DnsServiceLookup.OfThisMachine(), logger, TimeProvider.System);
            options = options with { InitialCluster = await names.FindAsync(options, domain, stop).ConfigureAwait(false) };
        }

        var founding = BootstrapPlan.Found([.. options.InitialCluster.Select(entry => (entry.Key, entry.Value))], options.InitialClusterToken, options.Name);
        if (options.JoinsExistingCluster)
            return hasLog ? BootstrapPlan.Restart : await JoinAsync(options, tls, stop).ConfigureAwait(false);
        if (!hasLog)
            await RefuseSecondLifeAsync(options, founding.Self, tls, stop).ConfigureAwait(false);
        return founding;
    }

    /// <summary>
    /// C8: a founder that comes back with an empty disk has forgotten its votes; under its old id it could elect a leader that lacks
    /// what it had acknowledged. The others know that it had started once, since it told them its client addresses.
    /// </summary>
    private static async Task RefuseSecondLifeAsync(ServerOptions options, MemberId self, TlsClientOptions? tls, CancellationToken stop)
    {
        var answers = await Task.WhenAll(options.InitialCluster
            .Where(entry => entry.Key != options.Name)
            .Select(entry => ClusterInquiry.AskAsync(entry.Value, tls, FounderPatience, stop))).ConfigureAwait(false);
        foreach (var answer in answers)
        {
            if (answer is not null && answer.Members.Any(member => member.ID == self.Value && member.ClientURLs.Count > 0))
                throw new StartException($"member {self} has already been bootstrapped: its data is gone; remove it from the cluster, then add it again");
        }
    }

    private static async Task<BootstrapPlan> JoinAsync(ServerOptions options, TlsClientOptions? tls, CancellationToken stop)
    {
        var others = options.InitialCluster.Where(entry => entry.Key != options.Name).SelectMany(entry => entry.Value).ToArray();
        var until = TimeProvider.System.GetTimestamp() + (long)(JoinPatience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            var answer = await ClusterInquiry.AskAsync(others, tls, JoinPatience, stop).ConfigureAwait(false);
            var isOver = TimeProvider.System.GetTimestamp() >= until;
            // Whoever answers may not have applied yet that this member was added, or be joining itself: it is asked again.
            if (answer is not null && (isOver || answer.Members.Count == options.InitialCluster.Count))
                return Join(options, answer);
            if (isOver)
                throw new StartException($"cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs {string.Join(',', others)}");
            await Task.Delay(JoinPause, stop).ConfigureAwait(false);
        }
    }

    private static BootstrapPlan Join(ServerOptions options, MemberListResponse cluster)
    {
        if (cluster.Members.Count != options.InitialCluster.Count)
        {
            throw new StartException(
                $"error validating peerURLs: member count is unequal: the cluster has {cluster.Members.Count}, --initial-cluster {options.InitialCluster.Count} (was this member added?)");
        }

        var given = options.InitialCluster.ToDictionary(entry => string.Join(',', entry.Value), entry => entry.Key, StringComparer.Ordinal);
        var self = MemberId.None;
        var members = new List<MemberInfo>(cluster.Members.Count);
        foreach (var member in cluster.Members)
        {
            var urls = member.PeerURLs.Order(StringComparer.Ordinal).ToArray();
            if (!given.TryGetValue(string.Join(',', urls), out var name))
                throw new StartException($"error validating peerURLs: unmatched member while checking PeerURLs: {string.Join(',', urls)} is not in --initial-cluster");
            if (name == options.Name)
                self = new MemberId(member.ID);
            members.Add(new MemberInfo(new MemberId(member.ID), member.Name, urls, [.. member.ClientURLs], member.IsLearner));
        }

        var ours = members.Find(member => member.Id == self)!;
        if (ours.IsStarted)
            throw new StartException($"member {self} has already been bootstrapped: its data is gone; remove it from the cluster, then add it again");
        return BootstrapPlan.Join(new ClusterId(cluster.Header.ClusterId), self, members);
    }
}

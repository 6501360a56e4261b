using System.Globalization;
using KvStore.Grpc;
using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Server.Configuration;
using KvStore.Server.Hosting;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Discovery;

/// <summary>
/// The members of a new cluster from a discovery service, as etcd finds them (v3): each writes itself down and waits until as many have
/// come as the operator wrote. Those that came first are the cluster, in the eyes of all; who comes later is told that it is full.
/// </summary>
internal sealed class RegistryDiscovery(ILogger logger, TimeProvider time)
{
    /// <summary>After a failure, two seconds and then twice as long each time, as etcd.</summary>
    private const int DoublingsMax = 8;

    /// <summary>How soon after it came a member is seen. etcd watches; for the few seconds of a bootstrap asking is as good.</summary>
    private static readonly TimeSpan _askAfter = TimeSpan.FromMilliseconds(250);

    /// <exception cref="StartException">No size or a wrong one is written, or others have come before.</exception>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> JoinAsync(ServerOptions options, DiscoverySettings discovery, CancellationToken stop)
    {
        var own = options.InitialCluster[options.Name];
        var self = MemberIdentity.OfFounder(own, discovery.Token);
        var text = string.Join(',', own.Select(url => $"{options.Name}={url}"));
        using var registry = new Registry(discovery);
        await RetryAsync("cluster status check", registry, () => LookAsync(registry, self, stop), stop).ConfigureAwait(false);
        await RetryAsync("register member itself", registry, async () =>
        {
            await registry.RegisterAsync(self, text, stop).ConfigureAwait(false);
            return true;
        }, stop).ConfigureAwait(false);
        logger.Info("registered this member at the discovery service", ("discovery-token", discovery.Token), ("member-id", self.ToString()), ("member", text));

        for (var known = 0; ;)
        {
            var (size, members) = await RetryAsync("cluster status check", registry, () => LookAsync(registry, self, stop), stop).ConfigureAwait(false);
            if (members.Count >= size)
                return Parse(members.Take(size));
            if (members.Count != known)
                logger.Info("waiting for peers from discovery service", ("cluster-size", size), ("found-peers", members.Count));
            known = members.Count;
            await Task.Delay(_askAfter, time, stop).ConfigureAwait(false);
        }
    }

    private static async Task<(int Size, IReadOnlyList<string> Members)> LookAsync(Registry registry, MemberId self, CancellationToken stop)
    {
        var text = await registry.ReadSizeAsync(stop).ConfigureAwait(false) ?? throw Failure("discovery: size key not found");
        // TOB-014: what an operator or a stranger wrote is no number until it is seen to be one.
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var size) || size <= 0)
            throw Failure("discovery: size key is bad");
        var members = await registry.ReadMembersAsync(stop).ConfigureAwait(false);
        var place = members.TakeWhile(member => member.Id != self.ToString()).Count();
        return place < size ? (size, [.. members.Select(member => member.Member)]) : throw Failure("discovery: cluster is full");
    }

    private async Task<T> RetryAsync<T>(string step, Registry registry, Func<Task<T>> attempt, CancellationToken stop)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                if (failures > 1 || step == "cluster status check")
                    await registry.LogInAsync(stop).ConfigureAwait(false);
                return await attempt().ConfigureAwait(false);
            }
            catch (GrpcException exception)
            {
                stop.ThrowIfCancellationRequested();
                var pause = TimeSpan.FromSeconds(1 << Math.Min(failures, DoublingsMax));
                logger.Warn("retry connecting to discovery service", ("reason", step), ("backoff", pause), ("error", exception.Message));
                await Task.Delay(pause, time, stop).ConfigureAwait(false);
            }
        }
    }

    private static Dictionary<string, IReadOnlyList<string>> Parse(IEnumerable<string> members)
    {
        try
        {
            return ServerOptionsReader.ParseCluster(string.Join(',', members))
                .ToDictionary(entry => entry.Key, entry => (IReadOnlyList<string>)entry.Value.Order(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
        }
        catch (ConfigurationException exception)
        {
            throw new StartException($"failed to join discovery cluster (discovery: invalid peer URL): {exception.Message}", exception);
        }
    }

    private static StartException Failure(string reason) => new($"failed to join discovery cluster ({reason})");
}

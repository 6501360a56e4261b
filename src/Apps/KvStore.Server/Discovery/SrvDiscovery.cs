using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvStore.Hosting.Discovery;
using KvStore.Server.Configuration;
using KvStore.Server.Hosting;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Discovery;

/// <summary>
/// The members of a new cluster from DNS, as etcd finds them: SRV records of _etcd-server-ssl._tcp and _etcd-server._tcp under a
/// domain. The record that leads to an address this member advertises is its own; the others are named by theirs, until
/// they say their names themselves.
/// </summary>
internal sealed class SrvDiscovery(DnsServiceLookup lookup, ILogger logger, TimeProvider time)
{
    /// <summary>
    /// When a name server that does not answer, or refuses, is asked for the last time: it may be starting, too. As long as etcd tries
    /// to resolve the names of members, though not their records; systemd waits three times as long for a start.
    /// </summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>Before the second attempt; then twice as long each time.</summary>
    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(1);

    private static readonly (string Scheme, string Service)[] _services = [("https", "etcd-server-ssl"), ("http", "etcd-server")];

    /// <exception cref="StartException">Nobody is found, or this member is not among them.</exception>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> FindAsync(ServerOptions options, SrvDomain domain, CancellationToken stop)
    {
        var started = time.GetTimestamp();
        for (var pause = _firstPause; ; pause *= 2)
        {
            try
            {
                return await LookAsync(options, domain, stop).ConfigureAwait(false);
            }
            catch (IOException unanswered)
            {
                var left = _patience - time.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                    throw new StartException($"--discovery-srv: {domain.Name} has no SRV records of members: {unanswered.Message}", unanswered);
                pause = pause < left ? pause : left;
                logger.Warn("failed to resolve during SRV discovery", ("domain", domain.Name), ("error", unanswered.Message), ("backoff", pause));
                await Task.Delay(pause, time, stop).ConfigureAwait(false);
            }
        }
    }

    /// <exception cref="IOException">Nobody is found since no name server answers.</exception>
    private async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> LookAsync(ServerOptions options, SrvDomain domain, CancellationToken stop)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var endpoint in options.AdvertisePeer.Select(url => Endpoint.Parse("initial-advertise-peer-urls", url)))
        {
            foreach (var address in await AddressesAsync(endpoint.Host, stop).ConfigureAwait(false))
                own.Add(Key(endpoint.Scheme, address, endpoint.Port));
        }

        var cluster = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        IOException? silence = null;
        var problem = "";
        foreach (var (scheme, service) in _services)
        {
            try
            {
                foreach (var record in await lookup.FindAsync($"_{service}{domain.Suffix}._tcp.{domain.Name}", stop).ConfigureAwait(false))
                    await AddAsync(cluster, own, scheme, record, options.Name, stop).ConfigureAwait(false);
            }
            // One of the two services is enough.
            catch (IOException unanswered)
            {
                silence = unanswered;
            }
            catch (InvalidDataException nonsense)
            {
                problem = ": " + nonsense.Message;
            }
        }

        if (cluster.Count == 0 && silence is not null)
            throw new IOException(silence.Message, silence);
        if (cluster.Count == 0)
            throw new StartException($"--discovery-srv: {domain.Name} has no SRV records of members{problem}");
        if (!cluster.ContainsKey(options.Name))
            throw new StartException($"cannot find local etcd member \"{options.Name}\" in SRV records");
        return cluster.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<string>)entry.Value.Order(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
    }

    private static async Task AddAsync(
        Dictionary<string, List<string>> cluster, HashSet<string> own, string scheme, SrvRecord record, string name, CancellationToken stop)
    {
        var addresses = await AddressesAsync(record.Target, stop).ConfigureAwait(false);
        var isOwn = addresses.Any(address => own.Contains(Key(scheme, address, record.Port)));
        var key = isOwn ? name : string.Create(CultureInfo.InvariantCulture, $"{record.Target}:{record.Port}");
        if (!cluster.TryGetValue(key, out var urls))
            cluster.Add(key, urls = []);
        urls.Add(string.Create(CultureInfo.InvariantCulture, $"{scheme}://{record.Target}:{record.Port}"));
    }

    /// <summary>None for a name without addresses: that member is not up yet, and no less a member.</summary>
    private static async Task<IPAddress[]> AddressesAsync(string host, CancellationToken stop)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, stop).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    private static string Key(string scheme, IPAddress address, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{scheme} {address} {port}");
}

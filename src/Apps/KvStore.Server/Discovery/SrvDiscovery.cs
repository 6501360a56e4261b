using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvStore.Hosting.Discovery;
using KvStore.Server.Configuration;
using KvStore.Server.Hosting;

namespace KvStore.Server.Discovery;

/// <summary>
/// The members of a new cluster from DNS, as etcd finds them: SRV records of _etcd-server-ssl._tcp and _etcd-server._tcp under a
/// domain. The record that leads to an address this member advertises is its own; the others are named by theirs, until
/// they say their names themselves.
/// </summary>
internal sealed class SrvDiscovery(DnsServiceLookup lookup)
{
    private static readonly (string Scheme, string Service)[] _services = [("https", "etcd-server-ssl"), ("http", "etcd-server")];

    /// <exception cref="StartException">Nobody is found, or this member is not among them.</exception>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> FindAsync(ServerOptions options, SrvDomain domain, CancellationToken stop)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var endpoint in options.AdvertisePeer.Select(url => Endpoint.Parse("initial-advertise-peer-urls", url)))
        {
            foreach (var address in await AddressesAsync(endpoint.Host, stop).ConfigureAwait(false))
                own.Add(Key(endpoint.Scheme, address, endpoint.Port));
        }

        var cluster = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var problem = "";
        foreach (var (scheme, service) in _services)
        {
            try
            {
                foreach (var record in await lookup.FindAsync($"_{service}{domain.Suffix}._tcp.{domain.Name}", stop).ConfigureAwait(false))
                    await AddAsync(cluster, own, scheme, record, options.Name, stop).ConfigureAwait(false);
            }
            catch (Exception unanswered) when (unanswered is IOException or InvalidDataException)
            {
                // One of the two services is enough.
                problem = ": " + unanswered.Message;
            }
        }

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

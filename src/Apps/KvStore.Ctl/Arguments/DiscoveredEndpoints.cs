using System.Globalization;
using KvStore.Hosting.Discovery;

namespace KvStore.Ctl.Arguments;

/// <summary>
/// `--discovery-srv`: the endpoints are those of DNS, from the SRV records of _etcd-client-ssl._tcp and _etcd-client._tcp under the
/// domain; `--endpoints` counts where none is left.
/// </summary>
internal static class DiscoveredEndpoints
{
    private static readonly (string Scheme, string Service)[] Services = [("https", "etcd-client-ssl"), ("http", "etcd-client")];

    public static async Task AddToAsync(ParsedFlags flags, Func<DnsServiceLookup> names, TextWriter errors, CancellationToken stopping)
    {
        if (flags.Text("discovery-srv") is not { Length: > 0 } domain)
            return;
        var suffix = flags.Text("discovery-srv-name") is { Length: > 0 } cluster ? "-" + cluster : "";
        var lookup = names();
        var found = new List<string>();
        var problems = new List<string>();
        foreach (var (scheme, service) in Services)
        {
            var name = $"_{service}{suffix}._tcp.{domain}";
            try
            {
                var records = await lookup.FindAsync(GoText.ToUnicode(name), stopping).ConfigureAwait(false);
                found.AddRange(records.Select(record => string.Create(CultureInfo.InvariantCulture, $"{scheme}://{record.Target}:{record.Port}")));
                if (records.Count == 0)
                    problems.Add($"lookup {name}: no such host");
            }
            catch (Exception unanswered) when (unanswered is IOException or InvalidDataException)
            {
                problems.Add($"lookup {name}: {GoText.Of(unanswered.Message)}");
            }
        }

        if (problems.Count == Services.Length)
            throw new CtlException(ExitCode.Error, "dns lookup errors: " + string.Join(" and ", problems));
        if (!flags.Boolean("insecure-discovery"))
            DropInsecure(found, errors);
        if (found.Count > 0)
            flags.Replace(GlobalFlags.Endpoints, string.Join(',', found.Select(GoText.Of)));
    }

    private static void DropInsecure(List<string> found, TextWriter errors)
    {
        foreach (var endpoint in found.Where(IsInsecure))
            errors.Write($"ignoring discovered insecure endpoint {GoText.Quote(GoText.Of(endpoint))}\n");
        found.RemoveAll(IsInsecure);
    }

    private static bool IsInsecure(string endpoint) => endpoint.StartsWith("http://", StringComparison.Ordinal);
}

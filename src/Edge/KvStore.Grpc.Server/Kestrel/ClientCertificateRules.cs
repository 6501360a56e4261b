using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc.Server;

/// <summary>What a verified certificate must say beyond being verified: allowed names, and the address it comes from.</summary>
internal sealed class ClientCertificateRules(TlsServerOptions tls)
{
    /// <summary>Null when the certificate passes, else why not.</summary>
    public async ValueTask<string?> RefusalAsync(X509Certificate2? certificate, EndPoint? remote, CancellationToken cancellationToken)
    {
        if (tls.ClientCaFile is null)
            return null;
        if (certificate is null)
            return "tls: client didn't provide a certificate";
        if (CertificateNames.Refusal(certificate, tls.AllowedCommonNames, tls.AllowedHostNames) is { } notAllowed)
            return notAllowed;
        return tls.VerifyRemoteAddress && remote is IPEndPoint address
            ? await AddressRefusalAsync(certificate, Plain(address.Address), cancellationToken).ConfigureAwait(false)
            : null;
    }

    // Addresses in the certificate are compared; host names are resolved, in reverse first and then forward, as etcd does.
    private static async ValueTask<string?> AddressRefusalAsync(X509Certificate2 certificate, IPAddress remote, CancellationToken cancellationToken)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        if (names is null)
            return null;
        var addresses = names.EnumerateIPAddresses().ToList();
        var hosts = names.EnumerateDnsNames().ToList();
        if (addresses.Count == 0 && hosts.Count == 0)
            return null;
        if (addresses.Contains(remote))
            return null;
        if (hosts.Count == 0)
            return $"tls: {remote} does not match any of IPAddresses [{string.Join(' ', addresses)}]";

        foreach (var reverse in await ReverseAsync(remote, cancellationToken).ConfigureAwait(false))
        {
            if (certificate.MatchesHostname(reverse.TrimEnd('.')))
                return null;
        }

        foreach (var host in hosts.Where(host => !host.Contains('*', StringComparison.Ordinal)))
        {
            if ((await ForwardAsync(host, cancellationToken).ConfigureAwait(false)).Any(address => Plain(address).Equals(remote)))
                return null;
        }

        return $"tls: {remote} does not match any of DNSNames [{string.Join(' ', hosts)}]";
    }

    private static async Task<IReadOnlyList<string>> ReverseAsync(IPAddress address, CancellationToken cancellationToken)
    {
        try
        {
            var entry = await Dns.GetHostEntryAsync(address.ToString(), cancellationToken).ConfigureAwait(false);
            return [entry.HostName, .. entry.Aliases];
        }
        catch (SocketException)
        {
            return [];
        }
    }

    private static async Task<IPAddress[]> ForwardAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

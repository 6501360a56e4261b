using System.Globalization;
using System.Net;

namespace KvStore.Server.Configuration;

/// <summary>A URL of a listener or of a member: scheme, host and port, or the path of a unix socket.</summary>
internal sealed record Endpoint(string Scheme, string Host, int Port, string Url)
{
    public bool IsTls => Scheme is "https" or "unixs";

    public bool IsUnix => Scheme is "unix" or "unixs";

    /// <summary>Where a unix listener makes its socket: host and port joined, as etcd names the file.</summary>
    public string SocketPath => Port == 0 ? Host : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    public static Endpoint Parse(string flag, string url)
    {
        var separator = url.IndexOf("://", StringComparison.Ordinal);
        var scheme = separator < 0 ? "" : url[..separator];
        if (scheme is not ("http" or "https" or "unix" or "unixs"))
            throw new ConfigurationException($"--{flag}: URL scheme must be http, https, unix, or unixs: {url}");
        var rest = url[(separator + 3)..].TrimEnd('/');
        if (scheme is "unix" or "unixs")
            return new Endpoint(scheme, rest, 0, url);
        if (rest.Contains('/', StringComparison.Ordinal))
            throw new ConfigurationException($"--{flag}: URL must not contain a path: {url}");
        var colon = rest.LastIndexOf(':');
        if (colon < 0 || colon < rest.LastIndexOf(']'))
            throw new ConfigurationException($"--{flag}: URL address does not have the form \"host:port\": {url}");
        if (!int.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
            throw new ConfigurationException($"--{flag}: URL has an invalid port: {url}");
        return new Endpoint(scheme, rest[..colon].Trim('[', ']'), port, $"{scheme}://{rest}");
    }

    /// <summary>The addresses to bind: an IP address, or "localhost" for both loopback addresses.</summary>
    public IPAddress BindAddress(string flag)
    {
        if (Host.Length == 0)
            return IPAddress.IPv6Any;
        if (Host == "localhost")
            return IPAddress.Loopback;
        return IPAddress.TryParse(Host, out var address)
            ? address
            : throw new ConfigurationException($"--{flag}: expected IP in URL for binding ({Url})");
    }
}

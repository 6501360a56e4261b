namespace KvStore.Grpc.Client;

/// <summary>An endpoint as users write it, taken apart: where to connect, whether encrypted, what `:authority` says.</summary>
public sealed record EndpointName(string Text, string Host, int Port, bool IsTls, string? SocketPath)
{
    /// <summary>etcd's client port, for endpoints without one.</summary>
    private const int DefaultPort = 2379;

    /// <summary>What begins a path, a query, a fragment, and what ends a user.</summary>
    private const string PartsOfUrls = "/?#@";

    /// <summary>What requests name; for a socket a stand-in host, since a path is no authority.</summary>
    public Uri Address { get; } = SocketPath is null
        ? new UriBuilder(IsTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, Host, Port).Uri
        : new UriBuilder(IsTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, "localhost").Uri;

    /// <exception cref="ArgumentException">
    /// It names no host, no port that there is, or no scheme that is spoken. The message is for users: it has no parameter's name.
    /// </exception>
    public static EndpointName Parse(string text)
    {
        var schemeEnd = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = schemeEnd < 0 ? "http" : text[..schemeEnd].ToLowerInvariant();
        var rest = schemeEnd < 0 ? text : text[(schemeEnd + 3)..];
        switch (scheme)
        {
            case "unix" or "unixs":
                return new EndpointName(text, "localhost", 0, scheme == "unixs", rest);
            case "http" or "https":
                // Of a URL the host and the port count, as for etcd's client; without a scheme there is nothing else to be.
                var isMore = schemeEnd < 0 && rest.AsSpan().ContainsAny(PartsOfUrls);
                if (isMore || !Uri.TryCreate($"{scheme}://{rest}", UriKind.Absolute, out var uri))
                    throw new ArgumentException($"endpoint \"{text}\" is no host with a port");
                var hasPort = !uri.IsDefaultPort || rest.EndsWith(":80", StringComparison.Ordinal) || rest.EndsWith(":443", StringComparison.Ordinal);
                return new EndpointName(text, uri.Host, hasPort ? uri.Port : DefaultPort, scheme == "https", SocketPath: null);
            default:
                throw new ArgumentException($"endpoint {text}: scheme {scheme} is none of http, https, unix, unixs");
        }
    }
}

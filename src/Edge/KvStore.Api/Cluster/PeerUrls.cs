namespace KvStore.Api.Cluster;

/// <summary>etcd's rule for peer addresses (types.NewURLs): at least one; http, https, unix or unixs; host and port; no path.</summary>
internal static class PeerUrls
{
    public static bool AreValid(IReadOnlyCollection<string> urls) => urls.Count > 0 && urls.All(IsValid);

    private static bool IsValid(string url)
    {
        var schemeEnd = url.IndexOf("://", StringComparison.Ordinal);
        if (schemeEnd < 0)
            return false;
        var rest = url[(schemeEnd + 3)..];
        return url[..schemeEnd] switch
        {
            "http" or "https" => IsHostAndPort(rest),
            "unix" or "unixs" => rest.Length > 0,
            _ => false,
        };
    }

    private static bool IsHostAndPort(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon >= 0
            && !text.Contains('/', StringComparison.Ordinal)
            && ushort.TryParse(text[(colon + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _)
            && (text[0] == '[' ? text[colon - 1] == ']' : !text[..colon].Contains(':', StringComparison.Ordinal));
    }
}

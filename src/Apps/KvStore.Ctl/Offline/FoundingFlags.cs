using KvStore.Ctl.Arguments;
using KvStore.Node.Bootstrap;

namespace KvStore.Ctl.Offline;

/// <summary>The flags that say which cluster a restored member founds, with etcd's rules and texts.</summary>
internal static class FoundingFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        Flag.Text("initial-advertise-peer-urls", "http://localhost:2380", "List of this member's peer URLs to advertise to the rest of the cluster"),
        Flag.Text("initial-cluster", "default=http://localhost:2380", "Initial cluster configuration for restore bootstrap"),
        Flag.Text("initial-cluster-token", "etcd-cluster", "Initial cluster token for the etcd cluster during restore bootstrap"),
        Flag.Text("name", "default", "Human-readable name for this member"),
    ];

    public static BootstrapPlan Plan(ParsedFlags flags)
    {
        var cluster = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var entry in flags.List("initial-cluster"))
        {
            var (name, url) = entry.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (entry[..at], entry[(at + 1)..]) : (entry, "");
            if (!cluster.TryGetValue(name, out var urls))
                cluster.Add(name, urls = []);
            urls.Add(PeerUrl(url));
        }

        var self = flags.Text("name");
        if (!cluster.TryGetValue(self, out var own))
            throw new CtlException(ExitCode.Error, $"couldn't find local name {GoText.Quote(self)} in the initial cluster configuration");
        CheckAdvertised(self, own, [.. flags.List("initial-advertise-peer-urls").Select(PeerUrl)]);
        CheckDistinct(cluster);
        return BootstrapPlan.Found(
            [.. cluster.Select(entry => (GoText.ToUnicode(entry.Key), (IReadOnlyList<string>)[.. entry.Value.Select(GoText.ToUnicode)]))],
            GoText.ToUnicode(flags.Text("initial-cluster-token")),
            GoText.ToUnicode(self));
    }

    private static void CheckAdvertised(string self, List<string> own, List<string> advertised)
    {
        own.Sort(StringComparer.Ordinal);
        advertised.Sort(StringComparer.Ordinal);
        var missing = own.Except(advertised).Select(url => $"{self}={url}").ToList();
        if (missing.Count > 0)
        {
            throw new CtlException(
                ExitCode.Error,
                $"--initial-cluster has {string.Join(',', missing)} but missing from --initial-advertise-peer-urls={string.Join(',', advertised)} ({Unequal(advertised, own)})");
        }

        if (advertised.Find(url => !own.Contains(url)) is { } extra)
        {
            throw new CtlException(
                ExitCode.Error,
                $"--initial-advertise-peer-urls has {extra} but missing from --initial-cluster={string.Join(',', advertised.Select(url => $"{self}={url}"))}");
        }
    }

    /// <summary>What etcd finds first where it compares the two, in order.</summary>
    private static string Unequal(List<string> advertised, List<string> own)
    {
        string Quoted(List<string> urls) => $"[{string.Join(' ', urls.Select(GoText.Quote))}]";
        if (advertised.Count != own.Count)
            return $"len({Quoted(advertised)}) != len({Quoted(own)})";
        var (first, second) = advertised.Zip(own).First(pair => pair.First != pair.Second);
        return $"resolved urls: {GoText.Quote(first)} != {GoText.Quote(second)}";
    }

    private static void CheckDistinct(SortedDictionary<string, List<string>> cluster)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (cluster.Values.SelectMany(urls => urls).All(seen.Add))
            return;
        var all = cluster.SelectMany(entry => entry.Value.Select(url => $"{entry.Key}={url}"));
        throw new CtlException(ExitCode.Error, $"initial cluster {string.Join(',', all)} has duplicate url");
    }

    /// <summary>A peer's URL as etcd takes it, without a slash at its end; refuses any other text.</summary>
    public static string PeerUrl(string text)
    {
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url);
        if (!isUrl || url!.Scheme is not ("http" or "https" or "unix" or "unixs"))
            throw new CtlException(ExitCode.Error, $"URL scheme must be http, https, unix, or unixs: {text}");
        if (url.Scheme is "http" or "https")
        {
            var hostAndPort = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/');
            if (hostAndPort.Contains('/', StringComparison.Ordinal))
                throw new CtlException(ExitCode.Error, $"URL must not contain a path: {text}");
            if (hostAndPort.LastIndexOf(':') <= hostAndPort.LastIndexOf(']'))
                throw new CtlException(ExitCode.Error, $"URL address does not have the form \"host:port\": {text}");
        }

        return text.TrimEnd('/');
    }
}

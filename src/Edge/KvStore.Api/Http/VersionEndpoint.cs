using KvStore.Api.Members;

namespace KvStore.Api.Http;

/// <summary>GET /version (contract 4.2). Numeric versions only: Patroni parses every part as a number.</summary>
public sealed class VersionEndpoint
{
    private readonly IMember _member;
    private readonly ApiOptions _options;

    internal VersionEndpoint(IMember member, ApiOptions options)
    {
        _member = member;
        _options = options;
    }

    public HttpAnswer Answer()
    {
        var cluster = _member.Status.ClusterVersion;
        if (cluster.Length == 0)
            cluster = "not_decided";
        else if (cluster.Count(c => c == '.') == 1)
            cluster += ".0";
        return new HttpAnswer(
            200,
            "application/json",
            $$"""{"etcdserver":"{{_options.EtcdVersion}}","etcdcluster":"{{cluster}}","storage":"{{_options.StorageVersion}}"}""");
    }
}

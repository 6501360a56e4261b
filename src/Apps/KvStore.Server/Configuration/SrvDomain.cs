namespace KvStore.Server.Configuration;

/// <summary>--discovery-srv and --discovery-srv-name: the domain whose SRV records list the members, and which of several clusters there.</summary>
internal sealed record SrvDomain(string Name, string ClusterName)
{
    /// <summary>What the services' names end with.</summary>
    public string Suffix => ClusterName.Length == 0 ? "" : "-" + ClusterName;
}

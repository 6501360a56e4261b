using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Output;

/// <summary>What one endpoint said about its health; an empty error means healthy.</summary>
internal sealed record EndpointHealth(string Endpoint, bool IsHealthy, TimeSpan Took, string Error);

internal sealed record EndpointStatus(string Endpoint, StatusResponse Status);

internal sealed record EndpointHash(string Endpoint, HashKVResponse Hash);

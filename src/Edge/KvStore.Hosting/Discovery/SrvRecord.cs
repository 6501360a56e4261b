namespace KvStore.Hosting.Discovery;

/// <summary>One answer of DNS for a service (RFC 2782): where it runs. Priority and weight mean nothing for members of a cluster.</summary>
public readonly record struct SrvRecord(string Target, int Port);

namespace KvStore.Server.Discovery;

/// <summary>One answer of DNS for a service (RFC 2782): where it runs. Priority and weight mean nothing for members of a cluster.</summary>
internal readonly record struct SrvRecord(string Target, int Port);

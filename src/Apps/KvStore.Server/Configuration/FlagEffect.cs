namespace KvStore.Server.Configuration;

/// <summary>What setting a flag does in this server.</summary>
internal enum FlagEffect
{
    /// <summary>As in etcd.</summary>
    Effective,

    /// <summary>Accepted, so that a unit file or manifest written for etcd works; a log line says that it changes nothing here.</summary>
    Inert,

    /// <summary>Refused at start when set to anything but its default: going on without it would be less safe or plainly wrong.</summary>
    Refused,
}

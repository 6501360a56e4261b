using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Watching keys.</summary>
public sealed class WatchCalls
{
    private readonly CallSender _sender;

    internal WatchCalls(CallSender sender) => _sender = sender;

    /// <summary>Prepares a watch; nothing is sent before it is read.</summary>
    public Watcher Open(WatchCreateRequest request) => new(_sender, request);
}

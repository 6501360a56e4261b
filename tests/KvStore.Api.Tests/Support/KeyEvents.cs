using Google.Protobuf;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Api.Tests;

/// <summary>Everything that happens to keys of a prefix, so that a test can wait for what another call does.</summary>
internal sealed class KeyEvents : IDisposable
{
    private readonly DuplexCall<WatchRequest, WatchResponse> _watch;
    private readonly Queue<Event> _events = new();

    private KeyEvents(DuplexCall<WatchRequest, WatchResponse> watch) => _watch = watch;

    public static async Task<KeyEvents> OfAsync(ApiHost host, string prefix)
    {
        var watch = host.Channel.Duplex<WatchRequest, WatchResponse>(ApiHost.Path("Watch/Watch"), WatchResponse.Parser);
        var (key, end) = (ByteString.CopyFromUtf8(prefix), ByteString.CopyFromUtf8(prefix[..^1] + (char)(prefix[^1] + 1)));
        await watch.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = key, RangeEnd = end } });
        Assert.True(await watch.MoveNextAsync());
        return new KeyEvents(watch);
    }

    /// <summary>The next event, as "PUT key" or "DELETE key".</summary>
    public async Task<string> NextAsync()
    {
        while (_events.Count == 0)
        {
            Assert.True(await _watch.MoveNextAsync());
            foreach (var change in _watch.Current.Events)
                _events.Enqueue(change);
        }

        var next = _events.Dequeue();
        return $"{(next.Type == Event.Types.EventType.Put ? "PUT" : "DELETE")} {next.Kv.Key.ToStringUtf8()}";
    }

    public void Dispose() => _watch.Dispose();
}

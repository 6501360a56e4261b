using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands.Checks;

/// <summary>A cluster under a check: the clients that load it, and what is cleaned up afterwards.</summary>
internal sealed class CheckedCluster : IDisposable
{
    /// <summary>As etcdctl: what is cleaned up takes longer than a put.</summary>
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(30);

    private readonly Invocation _call;
    private readonly List<KvClient> _clients;
    private readonly KvClient _cleaner;

    public CheckedCluster(Invocation call, int clients)
    {
        _call = call;
        _clients = [.. Enumerable.Range(0, clients).Select(_ => new KvClient(call.ClientOptions))];
        _cleaner = new KvClient(call.ClientOptions with { CallTimeout = CleanUpTime });
    }

    public IReadOnlyList<KvClient> Clients => _clients;

    /// <summary>What stands there is somebody's: the check would delete it.</summary>
    public async Task MustBeEmptyAsync(CheckKeys keys, string advice)
    {
        var range = KeyRange.Prefix(keys.Prefix.ToByteArray());
        var found = await _clients[0].Kv.RangeAsync(new RangeRequest { Key = range.Key, RangeEnd = range.End, Limit = 1 }, _call.Stopping).ConfigureAwait(false);
        if (found.Kvs.Count > 0)
            throw new CtlException(ExitCode.InvalidInput, $"prefix {GoText.Quote(GoText.OfBytes(keys.Prefix))} has keys. Delete with {advice} first");
    }

    /// <summary>Deletes what the check has written, a signal or not; the revision of that.</summary>
    public async Task<long> DeleteAsync(CheckKeys keys)
    {
        var range = KeyRange.Prefix(keys.Prefix.ToByteArray());
        var answer = await _cleaner.Kv.DeleteRangeAsync(new DeleteRangeRequest { Key = range.Key, RangeEnd = range.End }, CancellationToken.None).ConfigureAwait(false);
        return answer.Header.Revision;
    }

    public async Task CompactAsync(long revision)
    {
        _call.Output.Write($"Compacting with revision {revision}\n");
        await _cleaner.Kv.CompactAsync(new CompactionRequest { Revision = revision, Physical = true }, _call.Stopping).ConfigureAwait(false);
        _call.Output.Write($"Compacted with revision {revision}\n");
    }

    public async Task DefragmentAsync()
    {
        foreach (var endpoint in _call.Flags.List("endpoints"))
        {
            _call.Output.Write($"Defragmenting {GoText.Quote(endpoint)}\n");
            using var member = _call.ClientOf(GoText.ToUnicode(endpoint));
            await member.Maintenance.DefragmentAsync(_call.Stopping).ConfigureAwait(false);
            _call.Output.Write($"Defragmented {GoText.Quote(endpoint)}\n");
        }
    }

    /// <summary>Resident bytes of the first endpoint's process; 0 where it does not tell.</summary>
    public async Task<double> ResidentBytesAsync()
    {
        const string Metric = "process_resident_memory_bytes ";
        using var member = _call.ClientOf(GoText.ToUnicode(_call.Flags.List("endpoints")[0]));
        try
        {
            var page = await member.Maintenance.MetricsAsync(_call.Stopping).ConfigureAwait(false);
            var line = page.Split('\n').FirstOrDefault(line => line.StartsWith(Metric, StringComparison.Ordinal)) ?? "";
            return double.TryParse(line.AsSpan(Math.Min(Metric.Length, line.Length)), System.Globalization.CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
        }
        catch (GrpcException failed)
        {
            _call.Errors.Write($"fetch error: {ErrorText.Of(failed)}\n");
            return 0;
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
        _cleaner.Dispose();
    }
}

using KvStore.Grpc;
using KvStore.Primitives;
using Microsoft.Extensions.Configuration;

namespace KvStore.Client.Extensions;

/// <summary>
/// Configuration that is kept in the cluster. The first load is waited for; afterwards the keys are followed in the background, and
/// each batch of changes (a transaction is one) becomes visible as a whole. Owned and disposed by the configuration root.
/// </summary>
public sealed class KvStoreConfigurationProvider : ConfigurationProvider, IDisposable
{
    private readonly KvStoreConfigurationOptions _options;
    private readonly KvClient _client;
    private readonly CancellationTokenSource _closing = new();
    private Task? _following;

    internal KvStoreConfigurationProvider(KvStoreConfigurationOptions options)
    {
        _options = options;
        _client = new KvClient(options.Client);
    }

    /// <summary>Reads the keys, and begins to follow them when that is wanted.</summary>
    /// <exception cref="GrpcException">The cluster refused or did not answer in time, and the source is not optional.</exception>
    public override void Load()
    {
        Revision? loaded = null;
        try
        {
            // The door is synchronous; a pool thread does the waiting work, so that no context of the caller is needed.
            loaded = Task.Run(LoadFirstAsync).GetAwaiter().GetResult();
        }
        catch (GrpcException failed) when (_options.IsOptional)
        {
            _options.OnFailure?.Invoke(failed);
        }

        if (_options.ReloadsOnChange)
            _following ??= Task.Run(() => FollowAsync(loaded));
    }

    /// <summary>Ends the following and closes the connections.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        // It ends at once, and afterwards nobody uses the client any more.
        _following?.GetAwaiter().GetResult();
        _client.Dispose();
        _closing.Dispose();
    }

    private async Task<Revision> LoadFirstAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        limit.CancelAfter(_options.LoadTimeout);
        try
        {
            return await LoadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception late) when (limit.IsCancellationRequested && late is OperationCanceledException or GrpcException { Code: StatusCode.Canceled })
        {
            throw new GrpcException(new GrpcStatus(StatusCode.DeadlineExceeded, $"the configuration was not read within {_options.LoadTimeout}"), inner: late);
        }
    }

    /// <summary>Replaces everything by what the keys hold, and tells the revision of that.</summary>
    private async Task<Revision> LoadAsync(CancellationToken cancellationToken)
    {
        var held = await _client.Kv.GetRangeAsync(KeyRange.Prefix(_options.Prefix), cancellationToken: cancellationToken).ConfigureAwait(false);
        var data = Empty();
        foreach (var entry in held.Entries)
            data[PathOf(entry.Key)] = entry.Value.ToString();
        Data = data;
        return held.Revision;
    }

    private async Task FollowAsync(Revision? loaded)
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                if (loaded is not { } revision)
                {
                    revision = await LoadAsync(_closing.Token).ConfigureAwait(false);
                    OnReload();
                }

                loaded = null;
                await WatchAsync(revision).ConfigureAwait(false);
            }
            catch (CompactedException)
            {
                // Changes were missed: everything is read anew.
            }
            catch (Exception failed)
            {
                // A listener's exception, too: it ends neither the following nor the process.
                if (!await MayGoOnAsync(failed).ConfigureAwait(false))
                    return;
            }
        }
    }

    private async Task WatchAsync(Revision revision)
    {
        var options = new WatchOptions { From = revision.Next };
        await foreach (var batch in _client.Watch.WatchAsync(KeyRange.Prefix(_options.Prefix), options, _closing.Token).ConfigureAwait(false))
        {
            if (batch.IsProgress)
                continue;
            var data = Empty();
            foreach (var (path, value) in Data)
                data[path] = value;
            foreach (var change in batch.Events)
                Apply(data, change);
            Data = data;
            OnReload();
        }
    }

    private void Apply(Dictionary<string, string?> data, WatchEvent change)
    {
        if (change.Kind == WatchEventKind.Put)
            data[PathOf(change.Key)] = change.Entry.Value.ToString();
        else
            data.Remove(PathOf(change.Key));
    }

    private async Task<bool> MayGoOnAsync(Exception failed)
    {
        if (_closing.IsCancellationRequested)
            return false;
        _options.OnFailure?.Invoke(failed);
        try
        {
            await Task.Delay(_options.RetryPause, _options.Client.Time, _closing.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private string PathOf(KvBytes key) => key.ToString()[_options.Prefix.Length..].Trim('/').Replace('/', ':');

    // Readers hold on to the dictionary they got, so it is replaced and never changed.
    private static Dictionary<string, string?> Empty() => new(StringComparer.OrdinalIgnoreCase);
}

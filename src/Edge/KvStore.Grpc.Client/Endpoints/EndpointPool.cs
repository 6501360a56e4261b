namespace KvStore.Grpc.Client;

/// <summary>The endpoints of a channel and which one is next. Thread-safe.</summary>
internal sealed class EndpointPool : IDisposable
{
    /// <summary>How long an endpoint may take to connect before the next is tried beside it (RFC 8305 section 5: 250 ms).</summary>
    private static readonly TimeSpan _headStart = TimeSpan.FromMilliseconds(250);

    private readonly Endpoint[] _endpoints;
    private readonly TimeProvider _time;
    // Anywhere, so that many clients which make one call each do not all ask the same server.
    private uint _turn = (uint)Random.Shared.Next();

    public EndpointPool(IReadOnlyList<string> endpoints, GrpcChannelOptions options)
    {
        if (endpoints.Count == 0)
            throw new ArgumentException("a channel needs an endpoint", nameof(endpoints));
        _endpoints = [.. endpoints.Select(text => new Endpoint(EndpointName.Parse(text), options))];
        Names = [.. endpoints];
        _time = options.Time;
    }

    public IReadOnlyList<string> Names { get; }

    public int Count => _endpoints.Length;

    /// <summary>The next endpoint in turn that is not in its pause after a failed connect; when all are, the next anyway.</summary>
    public Endpoint Next()
    {
        var start = Interlocked.Increment(ref _turn);
        for (var i = 0u; i < _endpoints.Length; i++)
        {
            var endpoint = _endpoints[(start + i) % _endpoints.Length];
            if (!endpoint.IsPausing)
                return endpoint;
        }

        return _endpoints[start % _endpoints.Length];
    }

    /// <summary>
    /// The next endpoint in turn that is connected. One that is not is being connected meanwhile, so that its turn comes; only when none is
    /// does the caller wait, for the first to be. Throws <see cref="GrpcException"/>, with nothing sent, when none can be reached.
    /// </summary>
    public ValueTask<Endpoint> NextAsync(CancellationToken cancellationToken)
    {
        var next = Next();
        return next.IsReady ? ValueTask.FromResult(next) : OtherAsync(next, cancellationToken);
    }

    public void Dispose()
    {
        foreach (var endpoint in _endpoints)
            endpoint.Dispose();
    }

    private ValueTask<Endpoint> OtherAsync(Endpoint next, CancellationToken cancellationToken)
    {
        var first = Array.IndexOf(_endpoints, next);
        var inTurn = _endpoints.Select((_, i) => _endpoints[(first + i) % _endpoints.Length]).OrderBy(endpoint => endpoint.IsPausing).ToArray();
        if (inTurn.FirstOrDefault(endpoint => endpoint.IsReady) is not { } other)
            return FirstConnectedAsync(inTurn, cancellationToken);
        if (!next.IsPausing)
            _ = next.ConnectAsync();
        return ValueTask.FromResult(other);
    }

    private async ValueTask<Endpoint> FirstConnectedAsync(Endpoint[] inTurn, CancellationToken cancellationToken)
    {
        var attempts = new List<Task<Endpoint>>(inTurn.Length);
        for (var begun = 0; ;)
        {
            if (begun < inTurn.Length)
                attempts.Add(ConnectAsync(inTurn[begun++]));
            var patience = begun < inTurn.Length ? _headStart : Timeout.InfiniteTimeSpan;
            try
            {
                var ended = await Task.WhenAny(attempts).WaitAsync(patience, _time, cancellationToken).ConfigureAwait(false);
                if (ended.IsCompletedSuccessfully || (attempts.Count == 1 && begun == inTurn.Length))
                    return await ended.ConfigureAwait(false);
                attempts.Remove(ended);
            }
            catch (TimeoutException)
            {
                // The next one beside it.
            }
        }
    }

    private static async Task<Endpoint> ConnectAsync(Endpoint endpoint)
    {
        await endpoint.ConnectAsync().ConfigureAwait(false);
        return endpoint;
    }
}

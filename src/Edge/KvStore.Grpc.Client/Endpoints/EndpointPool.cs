namespace KvStore.Grpc.Client;

/// <summary>The endpoints of a channel and which one is next. Thread-safe.</summary>
internal sealed class EndpointPool : IDisposable
{
    private readonly Endpoint[] _endpoints;
    private uint _turn;

    public EndpointPool(IReadOnlyList<string> endpoints, GrpcChannelOptions options)
    {
        if (endpoints.Count == 0)
            throw new ArgumentException("a channel needs an endpoint", nameof(endpoints));
        _endpoints = [.. endpoints.Select(text => new Endpoint(EndpointName.Parse(text), options))];
        Names = [.. endpoints];
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

    public void Dispose()
    {
        foreach (var endpoint in _endpoints)
            endpoint.Dispose();
    }
}

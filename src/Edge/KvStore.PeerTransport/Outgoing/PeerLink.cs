using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>
/// Everything towards one peer: a stream per channel and a connection for calls. Made when the peer becomes known, replaced when its
/// URLs change, stopped when it is removed.
/// </summary>
internal sealed class PeerLink : IAsyncDisposable
{
    private readonly PeerNetwork _transport;
    private readonly PeerStream[] _streams;
    private readonly GrpcChannel _calls;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public PeerLink(PeerNetwork transport, MemberId member, IReadOnlyList<string> urls, PeerCounters counters, Prng jitter)
    {
        _transport = transport;
        Member = member;
        Urls = urls;
        Counters = counters;
        _calls = OpenConnection();
        _streams = [.. Enum.GetValues<PeerChannel>().Select(channel => new PeerStream(this, channel, jitter.Fork()))];
    }

    public MemberId Member { get; }

    public IReadOnlyList<string> Urls { get; }

    public PeerCounters Counters { get; }

    public PeerTransportOptions Options => _transport.Options;

    public PeerEvents Events => _transport.Events;

    /// <summary>How long votes and entries have had a way to the peer; null while they have none.</summary>
    public TimeSpan? ConnectedFor => _streams[(int)PeerChannel.Log].ConnectedFor;

    public void Start() => _running = Task.WhenAll([.. _streams.Select(stream => stream.RunAsync(_stop.Token)), ProbeAsync(_stop.Token)]);

    public bool TrySend(PeerChannel channel, ReadOnlyMemory<byte> frame) => _streams[(int)channel].TrySend(frame);

    public void OnUnreachable() => _transport.OnUnreachable(Member);

    public async Task<ReadOnlyMemory<byte>> CallAsync(string method, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var headers = PeerHandshake.Ours(Options, Member).ToMetadata();
        headers.Add(PeerHandshake.MethodHeader, method);
        return await _calls.UnaryAsync(PeerMethods.Call.Path, body, new CallOptions { Headers = headers, Timeout = timeout }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A connection to the peer's URLs, tried in turn.</summary>
    public GrpcChannel OpenConnection() => PeerNetwork.OpenConnection(Urls, Options);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _calls.Dispose();
        _stop.Dispose();
    }

    private async Task ProbeAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Options.ProbeInterval, Options.Time);
        var options = new CallOptions { Headers = PeerHandshake.Ours(Options, Member).ToMetadata(), Timeout = Options.ProbeInterval };
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
                await ProbeOnceAsync(options, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // stopped
        }
    }

    private async Task ProbeOnceAsync(CallOptions options, CancellationToken stop)
    {
        var begun = Options.Time.GetTimestamp();
        try
        {
            await _calls.UnaryAsync(PeerMethods.Probe.Path, default, options, stop).ConfigureAwait(false);
        }
        catch (GrpcException)
        {
            return; // the streams say what is wrong
        }

        var roundTrip = Options.Time.GetElapsedTime(begun);
        Counters.OnRoundTrip(roundTrip);
        Events.OnRoundTrip?.Invoke(Member, roundTrip);
    }
}

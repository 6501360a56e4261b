using System.Collections.Concurrent;
using System.Collections.Frozen;
using KvStore.Grpc;
using KvStore.Grpc.Server;

namespace KvStore.Api.Metrics;

/// <summary>What the calls of clients were like beyond their number: who sent them, and how long they took. Any thread.</summary>
/// <param name="table">The methods.</param>
/// <param name="measuresTime">--metrics extensive.</param>
public sealed class CallMetrics(GrpcServiceTable table, bool measuresTime)
{
    private const string VersionHeader = "client-api-version";
    private const string Unknown = "unknown";

    /// <summary>Versions told apart; a client may name anything, and each name is a series. etcd has had fewer in its life.</summary>
    private const int VersionsMax = 64;

    /// <summary>Prometheus' own buckets, which the library of etcd uses here.</summary>
    private static readonly double[] _seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Families that etcd always shows, whose buckets are its own.</summary>
    private static readonly double[] _requestSeconds = Histogram.Exponential(0.001, 2, 14);
    private static readonly double[] _rangeSeconds = Histogram.Exponential(0.0001, 2, 20);

    private readonly ConcurrentDictionary<string, long[]> _byVersion = new(StringComparer.Ordinal);
    private readonly long[] _unknown = new long[2];

    private readonly FrozenDictionary<RpcMethod, Histogram> _times = measuresTime
        ? table.Counters.ToFrozenDictionary(counters => counters.Method, counters => new Histogram("grpc_server_handling_seconds", _seconds, Labels(counters.Method)))
        : FrozenDictionary<RpcMethod, Histogram>.Empty;

    private readonly FrozenDictionary<RpcMethod, (Histogram Failed, Histogram Done)> _requests = table.Counters
        .Where(counters => counters.Method.Service == "etcdserverpb.KV" && counters.Method.Shape == RpcShape.Unary)
        .ToFrozenDictionary(counters => counters.Method, counters => (OfRequest(counters.Method, "false"), OfRequest(counters.Method, "true")));

    private readonly (Histogram Failed, Histogram Done) _ranges = (OfRange("false"), OfRange("true"));
    private readonly ConcurrentDictionary<string, long> _streamFailures = new(StringComparer.Ordinal);

    /// <summary>For <see cref="GrpcRoomOptions.OnFinished"/>.</summary>
    public void OnFinished(ServerCall call, GrpcStatus status)
    {
        if (measuresTime)
            _times[call.Method].Observe(call.Elapsed);
        if (_requests.TryGetValue(call.Method, out var times))
        {
            (status.IsOK ? times.Done : times.Failed).Observe(call.Elapsed);
            if (call.Method.Name == "Range")
                (status.IsOK ? _ranges.Done : _ranges.Failed).Observe(call.Elapsed);
        }
        else if (status.Code == StatusCode.Internal && ApiOf(call.Method) is { } api)
        {
            // What came was no message of the stream; a client that merely goes is no failure.
            _streamFailures.AddOrUpdate(api, 1, static (_, count) => count + 1);
        }
    }

    /// <summary>The labels of a method, in etcd's order.</summary>
    public static string Labels(RpcMethod method)
    {
        var type = method.Shape switch
        {
            RpcShape.Unary => "unary",
            RpcShape.ClientStreaming => "client_stream",
            RpcShape.ServerStreaming => "server_stream",
            _ => "bidi_stream",
        };
        return $"grpc_method=\"{method.Name}\",grpc_service=\"{method.Service}\",grpc_type=\"{type}\"";
    }

    /// <summary>A call was admitted.</summary>
    public void OnAdmitted(ServerCall call)
    {
        var version = call.Header(VersionHeader);
        var counts = version is null || !MetadataText.TryDecode(version, out version) ? _unknown
            : _byVersion.TryGetValue(version, out var known) ? known
            : _byVersion.Count < VersionsMax ? _byVersion.GetOrAdd(version, static _ => new long[2])
            : _unknown;
        Interlocked.Increment(ref counts[call.Method.Shape == RpcShape.Unary ? 0 : 1]);
    }

    public void WriteTo(PrometheusText text, GrpcRoom room)
    {
        text.Family("etcd_server_client_requests_total");
        foreach (var (version, counts) in _byVersion.OrderBy(entry => entry.Key, StringComparer.Ordinal).Append(new(Unknown, _unknown)))
        {
            var label = PrometheusText.Label("client_api_version", version);
            text.Sample("etcd_server_client_requests_total", $"{label},type=\"unary\"", Interlocked.Read(ref counts[0]));
            text.Sample("etcd_server_client_requests_total", $"{label},type=\"stream\"", Interlocked.Read(ref counts[1]));
        }

        text.Only("etcd_network_client_grpc_received_bytes_total", room.BytesReceived);
        text.Only("etcd_network_client_grpc_sent_bytes_total", room.BytesSent);
        text.Family("etcd_server_request_duration_seconds");
        foreach (var (_, (failed, done)) in _requests.OrderBy(entry => entry.Key.Path, StringComparer.Ordinal))
        {
            failed.WriteTo(text);
            done.WriteTo(text);
        }

        text.Family("etcd_server_range_duration_seconds");
        _ranges.Failed.WriteTo(text);
        _ranges.Done.WriteTo(text);
        text.Family("etcd_network_server_stream_failures_total");
        foreach (var (api, count) in _streamFailures.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            text.Sample("etcd_network_server_stream_failures_total", $"API=\"{api}\",Type=\"receive\"", count);
        if (!measuresTime)
            return;
        text.Family("grpc_server_handling_seconds");
        foreach (var histogram in _times.OrderBy(entry => entry.Key.Path, StringComparer.Ordinal))
            histogram.Value.WriteTo(text);
    }

    private static Histogram OfRequest(RpcMethod method, string success) =>
        new("etcd_server_request_duration_seconds", _requestSeconds, $"success=\"{success}\",type=\"{method.Name}\"");

    private static Histogram OfRange(string success) => new("etcd_server_range_duration_seconds", _rangeSeconds, $"success=\"{success}\"");

    /// <summary>etcd's name for a stream of requests; null for another method.</summary>
    private static string? ApiOf(RpcMethod method) => method.Name switch
    {
        "Watch" when method.Shape == RpcShape.Duplex => "watch",
        "LeaseKeepAlive" => "lease-keepalive",
        _ => null,
    };
}

using System.Globalization;
using System.Net;

namespace KvStore.Server.Configuration;

/// <summary>--enable-distributed-tracing and its relatives.</summary>
/// <param name="Collector">Where spans go: OTLP over gRPC in clear text, as etcd sends them.</param>
/// <param name="ServiceName">The service that spans name.</param>
/// <param name="InstanceId">The instance that they name; empty: none.</param>
/// <param name="SampledInAMillion">How many of a million calls have a span when the caller has none; 0 to 1,000,000.</param>
internal sealed record TracingSettings(Uri Collector, string ServiceName, string InstanceId, long SampledInAMillion)
{
    private const long Million = 1_000_000;

    /// <summary>Null: no spans.</summary>
    public static TracingSettings? Read(Settings settings)
    {
        if (!settings.Bool("enable-distributed-tracing"))
            return null;
        var rate = settings.Int("distributed-tracing-sampling-rate");
        if (rate < 0)
            throw new ConfigurationException("error in tracing config: tracing sampling rate must be positive");
        if (rate > Million)
            throw new ConfigurationException(string.Create(CultureInfo.InvariantCulture, $"error in tracing config: tracing sampling rate must be less than or equal to {Million}"));
        var address = settings.Text("distributed-tracing-address");
        if (!Uri.TryCreate("http://" + address, UriKind.Absolute, out var collector) || collector.Port is <= IPEndPoint.MinPort or > IPEndPoint.MaxPort)
            throw settings.Invalid("distributed-tracing-address", "not a host:port");
        return new TracingSettings(collector, settings.Text("distributed-tracing-service-name"), settings.Text("distributed-tracing-instance-id"), rate);
    }
}

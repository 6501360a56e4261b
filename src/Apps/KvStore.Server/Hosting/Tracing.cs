using KvStore.Grpc.Server;
using KvStore.Server.Configuration;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace KvStore.Server.Hosting;

/// <summary>Sends the spans of calls to a collector. A collector that is slow or away costs spans, never calls.</summary>
internal static class Tracing
{
    private const double Million = 1_000_000;

    /// <summary>Null without settings. Disposing sends what is left.</summary>
    public static IDisposable? Start(TracingSettings? settings)
    {
        if (settings is null)
            return null;
        var resource = ResourceBuilder.CreateEmpty().AddService(settings.ServiceName, serviceInstanceId: settings.InstanceId is { Length: > 0 } id ? id : null, autoGenerateServiceInstanceId: false);
        return Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(CallSpans.SourceName)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.SampledInAMillion / Million)))
            .AddOtlpExporter(exporter =>
            {
                exporter.Endpoint = settings.Collector;
                exporter.Protocol = OtlpExportProtocol.Grpc;
            })
            .Build();
    }
}

namespace KvStore.Api.Metrics;

/// <summary>Prometheus' kinds of families.</summary>
public enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

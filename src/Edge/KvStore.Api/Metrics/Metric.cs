namespace KvStore.Api.Metrics;

/// <summary>One family of /metrics.</summary>
/// <param name="Name">etcd's name where etcd has the same thing.</param>
/// <param name="Kind">etcd's kind, odd ones included: some of its gauges are named `_total`.</param>
/// <param name="Help">One line for people.</param>
public sealed record Metric(string Name, MetricKind Kind, string Help);

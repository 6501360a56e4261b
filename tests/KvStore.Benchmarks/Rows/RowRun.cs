using KvStore.Benchmarks.Servers;

namespace KvStore.Benchmarks.Rows;

/// <summary>What a row may use for one run.</summary>
/// <param name="Cluster">The side that is measured.</param>
/// <param name="Options">Times.</param>
/// <param name="EtcdFigure">The median of etcd's figure in a row of the same group that was measured before.</param>
internal sealed record RowRun(MeasuredCluster Cluster, BenchmarkOptions Options, Func<string, double> EtcdFigure);

using KvStore.Api.Metrics;

namespace KvStore.Server.Metrics;

/// <summary>How long compactions and their steps took. Told by the Apply lane, read by any thread.</summary>
internal sealed class CompactionTimes(TimeProvider time)
{
    // In milliseconds, as etcd has them.
    private readonly Histogram _total = new("etcd_debugging_mvcc_db_compaction_total_duration_milliseconds", Histogram.Exponential(100, 2, 14));
    private readonly Histogram _pauses = new("etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds", Histogram.Exponential(1, 2, 13));

    /// <summary>A step is of the store and of the index.</summary>
    private readonly Histogram _indexPauses = new("etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds", Histogram.Exponential(0.5, 2, 14));

    private long _began;
    private long _stepBegan;

    public void Begin() => _began = time.GetTimestamp();

    public void BeginStep() => _stepBegan = time.GetTimestamp();

    public void EndStep()
    {
        var took = time.GetElapsedTime(_stepBegan).TotalMilliseconds;
        _pauses.Observe(took);
        _indexPauses.Observe(took);
    }

    public void End() => _total.Observe(time.GetElapsedTime(_began).TotalMilliseconds);

    public void WriteTo(PrometheusText text)
    {
        _total.WriteFamilyTo(text);
        _pauses.WriteFamilyTo(text);
        _indexPauses.WriteFamilyTo(text);
    }
}

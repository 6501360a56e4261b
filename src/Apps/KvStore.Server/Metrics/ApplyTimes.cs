using System.Collections.Concurrent;
using KvStore.Api.Metrics;
using KvStore.StateMachine;

namespace KvStore.Server.Metrics;

/// <summary>How long commands took to apply, by what they were and whether they did it. Told by the Apply lane, read by any thread.</summary>
internal sealed class ApplyTimes(TimeProvider time)
{
    private const string Family = "etcd_server_apply_duration_seconds";

    private static readonly double[] Seconds = Histogram.Exponential(0.0001, 2, 20);

    private readonly ConcurrentDictionary<(CommandKind Kind, bool Done), Histogram> _times = new();
    private long _last;

    /// <summary>The next command's time begins.</summary>
    public void Begin() => _last = time.GetTimestamp();

    public void OnApplied(CommandKind kind, bool isDone)
    {
        var now = time.GetTimestamp();
        if (kind != CommandKind.None)
            _times.GetOrAdd((kind, isDone), static key => new Histogram(Family, Seconds, $"op=\"{NameOf(key.Kind)}\",success=\"{(key.Done ? "true" : "false")}\",version=\"v3\"")).Observe(time.GetElapsedTime(_last, now));
        _last = now;
    }

    public void WriteTo(PrometheusText text)
    {
        text.Family(Family);
        foreach (var (_, times) in _times.OrderBy(entry => entry.Key))
            times.WriteTo(text);
    }

    /// <summary>etcd's names, where they are not ours.</summary>
    private static string NameOf(CommandKind kind) => kind switch
    {
        CommandKind.MemberAttributes => "ClusterMemberAttrSet",
        CommandKind.ClusterVersion => "ClusterVersionSet",
        CommandKind.Downgrade => "DowngradeInfoSet",
        >= CommandKind.UserAdd => "Auth" + kind,
        _ => kind.ToString(),
    };
}

using System.Collections.Concurrent;

namespace KvStore.Api.Metrics;

/// <summary>How often each health path and check was asked, and what it said. Any thread.</summary>
internal sealed class HealthCounts
{
    private readonly ConcurrentDictionary<(string Type, string Name), Check> _checks = new();
    private long _healthy;
    private long _unhealthy;

    /// <summary>The result of /health.</summary>
    public void OnHealth(bool isHealthy) => Interlocked.Increment(ref isHealthy ? ref _healthy : ref _unhealthy);

    /// <summary>The result of one check of /livez or /readyz.</summary>
    public void OnCheck(string type, string name, bool isHealthy) =>
        _checks.GetOrAdd((type, name), static _ => new Check()).On(isHealthy);

    public void WriteTo(PrometheusText text)
    {
        text.Only("etcd_server_health_success", Interlocked.Read(ref _healthy));
        text.Only("etcd_server_health_failures", Interlocked.Read(ref _unhealthy));
        var checks = _checks.OrderBy(check => check.Key).ToArray();
        text.Family("etcd_server_healthcheck");
        foreach (var ((type, name), check) in checks)
            text.Sample("etcd_server_healthcheck", $"name=\"{name}\",type=\"{type}\"", check.IsHealthy ? 1 : 0);
        text.Family("etcd_server_healthchecks_total");
        foreach (var ((type, name), check) in checks)
        {
            text.Sample("etcd_server_healthchecks_total", $"name=\"{name}\",status=\"success\",type=\"{type}\"", check.Healthy);
            text.Sample("etcd_server_healthchecks_total", $"name=\"{name}\",status=\"error\",type=\"{type}\"", check.Unhealthy);
        }
    }

    private sealed class Check
    {
        private long _healthy;
        private long _unhealthy;
        private volatile bool _isHealthy;

        public long Healthy => Interlocked.Read(ref _healthy);

        public long Unhealthy => Interlocked.Read(ref _unhealthy);

        public bool IsHealthy => _isHealthy;

        public void On(bool isHealthy)
        {
            Interlocked.Increment(ref isHealthy ? ref _healthy : ref _unhealthy);
            _isHealthy = isHealthy;
        }
    }
}

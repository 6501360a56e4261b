using System.Text.Encodings.Web;
using KvStore.Api.Maintenance;
using KvStore.Api.Members;
using KvStore.Api.Metrics;
using KvStore.StateMachine;

namespace KvStore.Api.Http;

/// <summary>GET /health, /livez and /readyz (contract 4.2): alarms, then the leader, then a read.</summary>
public sealed class HealthEndpoint
{
    // etcd says so of its JSON too.
    private const string PlainText = "text/plain; charset=utf-8";

    /// <summary>The checks of /livez.</summary>
    public static IReadOnlyList<string> LivenessChecks { get; } = ["serializable_read"];

    /// <summary>The checks of /readyz.</summary>
    public static IReadOnlyList<string> ReadinessChecks { get; } = ["data_corruption", "serializable_read", "linearizable_read", "non_learner"];

    private readonly IMember _member;
    private readonly NodeGateway _gateway;
    private readonly HealthCounts _counts;

    internal HealthEndpoint(IMember member, NodeGateway gateway, HealthCounts counts)
    {
        _counts = counts;
        _member = member;
        _gateway = gateway;
    }

    /// <summary>GET /health.</summary>
    /// <param name="excluded">Alarms that do not count, by name (?exclude=, repeatable).</param>
    /// <param name="isSerializable">?serializable=true: this member alone, leader or not.</param>
    public async ValueTask<HttpAnswer> AnswerAsync(IReadOnlyCollection<string> excluded, bool isSerializable)
    {
        var reason = Alarm(excluded) ?? Leader(isSerializable) ?? await ReadAsync(isSerializable).ConfigureAwait(false);
        _counts.OnHealth(reason is null);
        return reason is null
            ? new HttpAnswer(200, PlainText, """{"health":"true","reason":""}""")
            : new HttpAnswer(503, PlainText, $"{{\"health\":\"false\",\"reason\":\"{JavaScriptEncoder.Default.Encode(reason)}\"}}\n");
    }

    /// <summary>GET /livez or /readyz, or one of their checks by name.</summary>
    /// <param name="isReadiness">Whether /readyz is asked.</param>
    /// <param name="only">The name of the only check; null for all.</param>
    /// <param name="excluded">Checks that are left out.</param>
    /// <param name="isVerbose">Whether every check is named.</param>
    public async ValueTask<HttpAnswer> AnswerChecksAsync(bool isReadiness, string? only, IReadOnlyCollection<string> excluded, bool isVerbose)
    {
        var names = isReadiness ? ReadinessChecks : LivenessChecks;
        var chosen = names.Where(name => only is null ? !excluded.Contains(name) : name == only).ToList();
        var lines = "";
        var isHealthy = true;
        foreach (var name in chosen)
        {
            var failure = await CheckAsync(name).ConfigureAwait(false);
            _counts.OnCheck(isReadiness ? "readyz" : "livez", name, failure is null);
            isHealthy &= failure is null;
            lines += failure is null ? $"[+]{name} ok\n" : $"[-]{name} failed: {failure}\n";
        }

        return isHealthy
            ? new HttpAnswer(200, PlainText, (isVerbose ? lines : "") + "ok\n")
            : new HttpAnswer(503, PlainText, lines + "\n");
    }

    private async ValueTask<string?> CheckAsync(string name) => name switch
    {
        "data_corruption" => _member.Applied.Alarms.Any(alarm => alarm.Kind == AlarmKind.Corrupt) ? "alarm activated: CORRUPT" : null,
        "non_learner" => _member.Status.IsLearner ? "not supported for learner" : null,
        "linearizable_read" => (await _gateway.ReadAsync(call: null).ConfigureAwait(false)).Error?.Text,
        _ => ReadLocally(),
    };

    private string? Alarm(IReadOnlyCollection<string> excluded)
    {
        foreach (var alarm in _member.Applied.Alarms)
        {
            var name = AlarmNames.Of(alarm.Kind);
            if (!excluded.Contains(name))
                return "ALARM " + name;
        }

        return null;
    }

    private string? Leader(bool isSerializable) => isSerializable || _member.Status.HasLeader ? null : "RAFT NO LEADER";

    private async ValueTask<string?> ReadAsync(bool isSerializable)
    {
        var error = isSerializable ? ReadLocally() : (await _gateway.ReadAsync(call: null).ConfigureAwait(false)).Error?.Text;
        return error is null ? null : "RANGE ERROR:" + error;
    }

    private string? ReadLocally()
    {
        using var view = _member.OpenView();
        return view.Current.Value > 0 ? null : "no data";
    }
}

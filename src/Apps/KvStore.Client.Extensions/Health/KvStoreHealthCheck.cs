using KvStore.Grpc;
using KvStore.Protocol.Etcd;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvStore.Client.Extensions;

/// <summary>
/// Healthy when the cluster answers a linearizable read, which needs a leader and a majority; degraded while an alarm is raised, since
/// then writes are refused.
/// </summary>
internal sealed class KvStoreHealthCheck(KvClient client) : IHealthCheck
{
    /// <summary>What `etcdctl endpoint health` asks for: it need not exist, and nobody needs to be allowed to read it.</summary>
    private const string Probe = "health";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
            var alarms = await AlarmsAsync(cancellationToken).ConfigureAwait(false);
            return alarms.Count == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("alarms are raised: " + string.Join(", ", alarms));
        }
        catch (Exception failed) when (failed is GrpcException or OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, failed.Message, failed);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.Kv.GetAsync(Probe, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (GrpcException refused) when (refused.Code == StatusCode.PermissionDenied)
        {
            // To be refused took the same agreement as to be answered.
        }
    }

    // Only administrators may ask for alarms; for others there are none.
    private async Task<List<string>> AlarmsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await client.Maintenance.AlarmsAsync(cancellationToken).ConfigureAwait(false);
            return [.. answer.Alarms.Where(static alarm => alarm.Alarm != AlarmType.None).Select(static alarm => $"{alarm.Alarm} on member {alarm.MemberID:x}")];
        }
        catch (GrpcException refused) when (refused.Code == StatusCode.PermissionDenied)
        {
            return [];
        }
    }
}

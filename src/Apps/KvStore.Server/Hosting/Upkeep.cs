using KvStore.Api;
using KvStore.Api.Maintenance;
using KvStore.Api.Members;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>What a member does by itself while it runs: automatic compaction and comparisons of the members' data.</summary>
internal sealed class Upkeep(IMember member, EtcdServices services, IPeerCalls peers, ApiOptions options, MaintenanceSettings settings, ILogger logger)
{
    private readonly CorruptionCheck _check = new(member, services.Gateway, peers, options)
    {
        OnCorrupt = corrupt => logger.Fail(null, "a member's data differs from the others': the CORRUPT alarm is raised for it", ("member", corrupt.ToString())),
    };

    /// <summary>Before the member serves (--feature-gates=InitialCorruptCheck=true).</summary>
    public async Task CheckAsync(CancellationToken stopping)
    {
        if (!settings.ChecksAtStart)
            return;
        logger.Info("starting initial corruption check", ("member-id", member.Status.Self.ToString()));
        if (!await _check.IsSoundAsync(stopping).ConfigureAwait(false))
            throw new StartException($"{member.Status.Self} found data inconsistency with peers");
        logger.Info("initial corruption checking passed; no corruption", ("member-id", member.Status.Self.ToString()));
    }

    /// <summary>Begins the loops; they end with the token.</summary>
    public void Start(CancellationToken stopping)
    {
        var compaction = new AutoCompaction(member, services.Gateway, options)
        {
            OnCompacted = revision => logger.Info("completed auto compaction", ("revision", revision.Value)),
        };
        if (settings.RetainedTime > TimeSpan.Zero)
            Keep("automatic compaction", compaction.RunAsync(now => CompactionSchedule.ByTime(settings.RetainedTime, now), stopping));
        if (settings.RetainedRevisions > 0)
            Keep("automatic compaction", compaction.RunAsync(_ => CompactionSchedule.ByRevision(settings.RetainedRevisions), stopping));
        if (settings.CheckInterval > TimeSpan.Zero)
            Keep("the corruption check", _check.RunAsync(settings.CheckInterval, ofCompactions: false, stopping));
        if (settings.CompactionCheckInterval > TimeSpan.Zero)
            Keep("the corruption check of compactions", _check.RunAsync(settings.CompactionCheckInterval, ofCompactions: true, stopping));
    }

    /// <summary>A loop ends with the member; one that ends otherwise must not do so in silence.</summary>
    private void Keep(string what, Task loop) =>
        _ = loop.ContinueWith(
            ended => logger.Fail(ended.Exception!.InnerException, $"{what} has failed and does not go on until the member is restarted"),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
}

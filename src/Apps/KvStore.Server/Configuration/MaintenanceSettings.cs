using System.Globalization;

namespace KvStore.Server.Configuration;

/// <summary>What a member does by itself to keep its data small and sound.</summary>
internal sealed record MaintenanceSettings
{
    /// <summary>Automatic compaction keeps what was written in this time; zero: it does not go by time.</summary>
    public required TimeSpan RetainedTime { get; init; }

    /// <summary>Automatic compaction keeps so many revisions; zero: it does not go by revisions.</summary>
    public required long RetainedRevisions { get; init; }

    /// <summary>A member whose data differs from the others' does not serve.</summary>
    public required bool ChecksAtStart { get; init; }

    /// <summary>Time between two comparisons of the members' data; zero: none.</summary>
    public required TimeSpan CheckInterval { get; init; }

    /// <summary>Time between two looks for compactions that were not compared yet; zero: none.</summary>
    public required TimeSpan CompactionCheckInterval { get; init; }

    /// <summary>Begin a cluster of this member alone from its data.</summary>
    public required bool ForcesNewCluster { get; init; }

    private const string PeriodBounds = "it is not between 1ms and 1000h";

    public static MaintenanceSettings Read(Settings settings)
    {
        var compactionCheck = settings.Duration("compact-hash-check-time");
        if (compactionCheck <= TimeSpan.Zero)
            throw new ConfigurationException($"--compact-hash-check-time must be >0 (set to {settings.Text("compact-hash-check-time")})");
        var check = settings.Duration("corrupt-check-time");
        if (check < TimeSpan.Zero)
            throw settings.Invalid("corrupt-check-time", "it is negative");
        if (check != TimeSpan.Zero && !CanBeAwaited(check))
            throw settings.Invalid("corrupt-check-time", PeriodBounds);
        if (!CanBeAwaited(compactionCheck))
            throw settings.Invalid("compact-hash-check-time", PeriodBounds);
        var byRevision = settings.Text("auto-compaction-mode") switch
        {
            "periodic" => false,
            "revision" => true,
            var other => throw new ConfigurationException($"unknown auto-compaction-mode \"{other}\""),
        };
        return new MaintenanceSettings
        {
            RetainedTime = byRevision ? TimeSpan.Zero : ReadTime(settings),
            RetainedRevisions = byRevision ? ReadRevisions(settings) : 0,
            ChecksAtStart = settings.Gates.IsEnabled("InitialCorruptCheck"),
            CheckInterval = check,
            CompactionCheckInterval = settings.Gates.IsEnabled("CompactHashCheck") ? compactionCheck : TimeSpan.Zero,
            ForcesNewCluster = settings.Bool("force-new-cluster"),
        };
    }

    /// <summary>A plain number is hours. What is negative or too short to be counted is refused (TOB-011).</summary>
    private static TimeSpan ReadTime(Settings settings)
    {
        var text = settings.Text("auto-compaction-retention");
        if (TryReadNumber(text, out var hours))
            return hours <= (long)TimeSpan.FromDays(36500).TotalHours ? TimeSpan.FromHours(hours) : throw Refused(settings);
        return GoDuration.TryParse(text, out var time) && (time == TimeSpan.Zero || time >= TimeSpan.FromSeconds(1)) ? time : throw Refused(settings);
    }

    /// <summary>The platform's timers take no less than a millisecond and no more than 49 days: what they refuse would never be checked.</summary>
    private static bool CanBeAwaited(TimeSpan period) => period >= TimeSpan.FromMilliseconds(1) && period <= TimeSpan.FromHours(1000);

    private static long ReadRevisions(Settings settings) =>
        TryReadNumber(settings.Text("auto-compaction-retention"), out var revisions) ? revisions : throw Refused(settings);

    private static bool TryReadNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static ConfigurationException Refused(Settings settings) =>
        new($"error parsing CompactionRetention: \"{settings.Text("auto-compaction-retention")}\" is no retention of mode {settings.Text("auto-compaction-mode")}");
}

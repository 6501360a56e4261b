namespace KvStore.Simulation.World;

/// <summary>What a network does to frames, in frames of a thousand.</summary>
public sealed record NetworkFaults
{
    public static readonly NetworkFaults None = new();

    public int DroppedPerMille { get; init; }

    public int DuplicatedPerMille { get; init; }

    /// <summary>
    /// Frames of the Log channel are repeated too. Off for whole members: a forwarded proposal that arrives twice is proposed
    /// twice, which nobody above can tell from two calls; the real transport's streams never repeat a frame.
    /// </summary>
    public bool DuplicatesLogFrames { get; init; } = true;

    /// <summary>One bit is wrong in what arrives.</summary>
    public int CorruptedPerMille { get; init; }

    /// <summary>Frames that may overtake others of their channel.</summary>
    public int ReorderedPerMille { get; init; }

    /// <summary>Frames that take up to <see cref="LateMax"/>.</summary>
    public int LatePerMille { get; init; }

    public TimeSpan DelayMin { get; init; } = TimeSpan.FromMicroseconds(100);

    public TimeSpan DelayMax { get; init; } = TimeSpan.FromMilliseconds(2);

    public TimeSpan LateMax { get; init; } = TimeSpan.FromSeconds(5);
}

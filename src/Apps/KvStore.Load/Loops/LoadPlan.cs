using KvStore.Grpc.Client;

namespace KvStore.Load.Loops;

/// <summary>How much, how fast and for how long.</summary>
public sealed record LoadPlan
{
    /// <summary>One connection each; clients are spread over them in turn.</summary>
    /// <remarks>Empty for a workload that brings its own.</remarks>
    public IReadOnlyList<GrpcChannel> Channels { get; init; } = [];

    /// <summary>Callers that each have one call under way at most.</summary>
    public required int Clients { get; init; }

    /// <summary>The same load before anything is measured; not used where <see cref="Total"/> is given.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>Measured time; ignored where <see cref="Total"/> is given.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Calls of all clients together after which the run ends; null for a run by time.</summary>
    public long? Total { get; init; }

    /// <summary>Calls a second of all clients together; null when each client sends as soon as it was answered.</summary>
    public double? RatePerSecond { get; init; }

    /// <summary>How a rate is kept.</summary>
    public Pace Pace { get; init; } = Pace.OwnTurns;

    /// <summary>
    /// When the time is over: whether calls under way are waited for and measured, so that none of them is still to be carried out when
    /// the run has ended; else they are given up.
    /// </summary>
    public bool FinishesCalls { get; init; }

    /// <summary>The first number of the clients' generators; the same seed sends the same requests.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Called when measuring begins (true) and when it has ended (false), on the thread of the run.</summary>
    public Action<bool>? OnMeasuring { get; init; }

    /// <summary>The clock that starts calls and measures them.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal GrpcChannel ChannelOf(int client) => Channels[client % Channels.Count];
}

using KvStore.Hosting.Discovery;

namespace KvStore.Ctl.Arguments;

/// <summary>What a run of the program takes from the machine, so that a test may give it something else.</summary>
internal sealed record Outside
{
    public required TextReader Input { get; init; }

    public required TextWriter Output { get; init; }

    public required TextWriter Errors { get; init; }

    /// <summary>Whether standard error is a terminal: only there progress is shown.</summary>
    public required bool HasTerminal { get; init; }

    /// <summary>The environment, by name.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    public required Func<string, string> AskPassword { get; init; }

    /// <summary>The clock of what takes its time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Made when a domain is to be looked up.</summary>
    public Func<DnsServiceLookup> Names { get; init; } = DnsServiceLookup.OfThisMachine;
}

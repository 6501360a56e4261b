using KvStore.Ctl.Arguments;
using KvStore.Hosting.Discovery;
using KvStore.Testing.Network;

namespace KvStore.Ctl.Tests.Support;

/// <summary>The program run inside the test, with an environment and a clock of the test's own.</summary>
internal sealed class CtlRun
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public NameServer? Names { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public bool HasTerminal { get; init; }

    public string Output => _output.ToString();

    public string Errors => _errors.ToString();

    public Outside Outside => new()
    {
        Input = TextReader.Null,
        Output = _output,
        Errors = _errors,
        HasTerminal = HasTerminal,
        Variables = Variables,
        AskPassword = _ => "",
        Names = () => Names is null ? throw new InvalidOperationException("nothing was to be looked up") : new DnsServiceLookup([Names.Endpoint]),
        Time = Time,
    };

    public async Task<int> RunAsync(params string[] words) => (int)await Ctl.Program.RunAsync([.. words], Outside, CancellationToken.None);

    /// <summary>A command as it would be run, for parts of it.</summary>
    public Invocation Parse(params string[] words) =>
        new() { Line = CommandLine.Parse(Commands.CommandTree.Root, words), Outside = Outside, Stopping = CancellationToken.None };
}

using KvStore.Client;
using KvStore.Ctl.Output;

namespace KvStore.Ctl.Arguments;

/// <summary>One run of a command: its arguments, where its output goes, and the client it may use.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly Lock _tracing = new();
    private KvClient? _client;
    private KvClientOptions? _options;
    private Printer? _printer;

    public required CommandLine Line { get; init; }

    public required Outside Outside { get; init; }

    public required CancellationToken Stopping { get; init; }

    public TextReader Input => Outside.Input;

    public TextWriter Output => Outside.Output;

    public TextWriter Errors => Outside.Errors;

    public Func<string, string> AskPassword => Outside.AskPassword;

    public List<string> Arguments => Line.Positionals;

    public ParsedFlags Flags => Line.Flags;

    /// <summary>For work that takes longer than a second.</summary>
    public ProgressLine Progress => new(Errors, Outside.HasTerminal, Outside.Time);

    public KvClientOptions ClientOptions => _options ??= Describe();

    public KvClient Client => _client ??= new KvClient(ClientOptions);

    public Printer Printer => _printer ??= Printer.Create(Flags.Text("write-out"), Flags.Knows("hex") && Flags.Boolean("hex"), Output);

    /// <summary>A client for one member, for commands that mean each of them.</summary>
    public KvClient ClientOf(string endpoint) => new(ClientOptions with { Endpoints = [GlobalFlags.WithScheme(endpoint, ClientOptions.Tls is not null)] });

    /// <summary>Ends with a signal, or when the time is over.</summary>
    public CancellationTokenSource Limited(TimeSpan limit)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        source.CancelAfter(limit);
        return source;
    }

    private KvClientOptions Describe()
    {
        var options = GlobalFlags.ClientOptions(Flags, () => AskPassword("Password: "), Trace);
        return Line.Command.HasTimeout ? options : options with { CallTimeout = null };
    }

    private void Trace(string line)
    {
        // From any thread, beside what the command itself writes.
        lock (_tracing)
        {
            Errors.Write(GoText.Of($"{DateTimeOffset.UtcNow:yyyy/MM/dd HH:mm:ss.fff} {line}\n"));
            Errors.Flush();
        }
    }

    public void Dispose() => _client?.Dispose();
}

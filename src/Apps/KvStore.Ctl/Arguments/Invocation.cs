using KvStore.Client;
using KvStore.Ctl.Output;

namespace KvStore.Ctl.Arguments;

/// <summary>One run of a command: its arguments, where its output goes, and the client it may use.</summary>
internal sealed class Invocation : IDisposable
{
    private KvClient? _client;
    private KvClientOptions? _options;
    private Printer? _printer;

    public required CommandLine Line { get; init; }

    public required TextReader Input { get; init; }

    public required TextWriter Output { get; init; }

    public required TextWriter Errors { get; init; }

    public required Func<string, string> AskPassword { get; init; }

    public required CancellationToken Stopping { get; init; }

    public List<string> Arguments => Line.Positionals;

    public ParsedFlags Flags => Line.Flags;

    public KvClientOptions ClientOptions => _options ??= Describe();

    public KvClient Client => _client ??= new KvClient(ClientOptions);

    public Printer Printer => _printer ??= Printer.Create(Flags.Text("write-out"), Flags.Boolean("hex"), Output);

    /// <summary>A client for one member, for commands that mean each of them.</summary>
    public KvClient ClientOf(string endpoint) => new(ClientOptions with { Endpoints = [GlobalFlags.WithScheme(endpoint, ClientOptions.Tls is not null)] });

    private KvClientOptions Describe()
    {
        var options = GlobalFlags.ClientOptions(Flags, () => AskPassword("Password: "));
        return Line.Command.HasTimeout ? options : options with { CallTimeout = null };
    }

    public void Dispose() => _client?.Dispose();
}

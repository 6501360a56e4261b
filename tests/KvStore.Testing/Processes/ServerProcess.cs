using System.Globalization;
using System.Net;

namespace KvStore.Testing.Processes;

/// <summary>One member, ours or etcd's, as a process of its own: started, seen to answer, signalled, restarted on the same data.</summary>
public sealed class ServerProcess : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly string _program;
    private readonly string[] _arguments;
    private readonly IReadOnlyDictionary<string, string>? _environment;
    private ChildProcess? _process;

    public ServerProcess(string program, string name, int clientPort, int peerPort, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        _program = program;
        _arguments = [.. arguments];
        _environment = environment;
        Name = name;
        ClientPort = clientPort;
        PeerPort = peerPort;
    }

    public string Name { get; }

    /// <summary>The words that the program is started with.</summary>
    public IReadOnlyList<string> Arguments => _arguments;

    public int ClientPort { get; }

    public int PeerPort { get; }

    /// <summary>host:port, as clients are given it.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ClientPort}");

    public ChildProcess Process => _process ?? throw new InvalidOperationException($"{Name} was not started");

    public bool WasStarted => _process is not null;

    /// <summary>A cluster of one, in clear text, with its data in a folder.</summary>
    public static ServerProcess OneMember(string program, string folder, params string[] further)
    {
        var ports = FreePorts.Take(2);
        var client = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports[0]}");
        var peer = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports[1]}");
        return new ServerProcess(program, "single", ports[0], ports[1],
        [
            "--name", "single", "--data-dir", folder,
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", "single=" + peer, .. further,
        ]);
    }

    /// <summary>Members of one cluster, not started yet; <paramref name="further"/> adds the flags of each.</summary>
    public static ServerProcess[] Cluster(string program, string folder, int members, string scheme, Func<string, IEnumerable<string>> further)
    {
        var ports = FreePorts.Take(members * 2);
        string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{port}");
        var initial = string.Join(',', Enumerable.Range(0, members).Select(i => $"m{i + 1}={Url(ports[2 * i + 1])}"));
        return
        [
            .. Enumerable.Range(0, members).Select(i => new ServerProcess(program, $"m{i + 1}", ports[2 * i], ports[2 * i + 1],
            [
                "--name", $"m{i + 1}", "--data-dir", Path.Combine(folder, $"m{i + 1}"),
                "--listen-client-urls", Url(ports[2 * i]), "--advertise-client-urls", Url(ports[2 * i]),
                "--listen-peer-urls", Url(ports[2 * i + 1]), "--initial-advertise-peer-urls", Url(ports[2 * i + 1]),
                "--initial-cluster", initial, .. further($"m{i + 1}"),
            ])),
        ];
    }

    /// <summary>The same member with further flags; the last of repeated flags wins.</summary>
    public ServerProcess With(params IEnumerable<string> further) =>
        new(_program, Name, ClientPort, PeerPort, [.. _arguments, .. further], _environment);

    /// <summary>The same member whose program is given further words first: a wrapper that starts the real one.</summary>
    public ServerProcess Behind(params IEnumerable<string> words) =>
        new(_program, Name, ClientPort, PeerPort, [.. words, .. _arguments], _environment);

    public void Start()
    {
        _process?.Dispose();
        _process = ChildProcess.Start(_program, _arguments, _environment);
    }

    /// <summary>Waits until the member says that it serves clients (its log line), or fails when it ends instead.</summary>
    public async Task UntilReadyAsync(TimeSpan? limit = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(30));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!Process.Errors.Contains("ready to serve client requests", StringComparison.Ordinal))
        {
            if (Process.HasExited)
                throw new InvalidOperationException($"{Name} ended with {Process.ExitCode}:\n{Process.Output}\n{Process.Errors}");
            try
            {
                await poll.WaitForNextTickAsync(timeout.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{Name} was not ready in time; it printed:\n{Process.Output}\n{Process.Errors}");
            }
        }
    }

    /// <summary>True when /health of a clear-text member answers 200.</summary>
    public async Task<bool> IsHealthyAsync()
    {
        try
        {
            using var response = await Http.GetAsync(new Uri($"http://{Endpoint}/health")).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public async Task KillAsync()
    {
        Process.Signal(ChildProcess.SignalKill);
        await Process.WaitForExitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
    }

    public async Task TerminateAsync()
    {
        Process.Signal(ChildProcess.SignalTerminate);
        await Process.WaitForExitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(false);
    }

    public void Dispose() => _process?.Dispose();
}

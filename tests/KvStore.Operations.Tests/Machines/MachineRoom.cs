using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using KvStore.Operations.Tests.Documents;
using KvStore.Testing.Processes;

namespace KvStore.Operations.Tests.Machines;

/// <summary>
/// An administrator's folder and the machines he reaches, on one host: a machine is a folder and a loopback address of its own,
/// 127.x.y.n for the guide's 10.0.0.n, so that ports are those of the guide. Blocks of the guide run in bash with only the
/// network's address replaced; ssh, scp, systemctl and their like are the scripts of Machines/programs, which replace paths.
/// Disposal ends every process that was started on a machine.
/// </summary>
internal sealed class MachineRoom : IDisposable
{
    private const string GuideNetwork = "10.0.0.";

    /// <summary>The guide's client port: who listens there on every address would be in the members' way.</summary>
    private const int ClaimPort = 2379;

    /// <summary>A procedure starts up to a dozen processes, on a host that others may keep busy.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, string> _environment;

    /// <summary>Listens on the network's last address as long as the room is there: no other room takes the same network.</summary>
    private readonly TcpListener _claim;

    public MachineRoom(string members = "1 2 3")
    {
        (Network, _claim) = ClaimNetwork();
        Home = _folder.Combine("admin");
        MakeHome();
        _environment = new Dictionary<string, string>
        {
            ["PATH"] = string.Join(':', Path.Combine(Checkout.Root, "tests/KvStore.Operations.Tests/Machines/programs"), Path.Combine(Home, "kvstore-1"), Path.GetDirectoryName(Checkout.Etcdctl), Environment.GetEnvironmentVariable("PATH")),
            ["HOME"] = Home,
            ["KVSTORE_MACHINES"] = _folder.Path,
            ["MEMBERS"] = members,
            // The defaults are for a machine that has time: 2 and 5 s.
            ["KVCTL_DIAL_TIMEOUT"] = "20s",
            ["KVCTL_COMMAND_TIMEOUT"] = "40s",
        };
    }

    /// <summary>The first three numbers of every machine's address, with the dot behind them.</summary>
    public string Network { get; }

    /// <summary>The administrator's folder, in which blocks run.</summary>
    public string Home { get; }

    /// <summary>The variables that blocks see from now on.</summary>
    public string this[string variable]
    {
        set => _environment[variable] = value;
    }

    /// <summary>The folder that is the machine of a member.</summary>
    public string Machine(int member) => _folder.Combine(string.Create(CultureInfo.InvariantCulture, $"hosts/{Network}{member}"));

    /// <summary>From now on the machine does not answer, and what ran there is dead.</summary>
    public async Task LoseMachineAsync(int member)
    {
        await ShellAsync(string.Create(CultureInfo.InvariantCulture, $"on {member} 'systemctl kill --signal=KILL kvstore'"));
        await File.WriteAllTextAsync(Machine(member) + ".gone", "");
    }

    /// <summary>Runs a block of the guide, which must succeed; its standard output.</summary>
    public async Task<string> RunAsync(string block) => await ShellAsync(OperationsGuide.Blocks[block].Single());

    /// <summary>Runs a test's own commands in the same surroundings.</summary>
    public async Task<string> ShellAsync(string commands)
    {
        var result = await AttemptAsync(commands);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode} of:\n{commands}\n--- output\n{result.Output}\n--- errors\n{result.Errors}\n--- journals\n{Journals()}");
        return result.Output;
    }

    public async Task<ProcessResult> AttemptAsync(string commands)
    {
        var script = (OperationsGuide.Blocks["settings"].Single() + "\n" + commands).Replace(GuideNetwork, Network, StringComparison.Ordinal);
        using var child = ChildProcess.Start("bash", ["-euo", "pipefail", "-c", script], _environment, Home);
        child.Input.Close();
        await child.WaitForExitAsync(Limit);
        return new ProcessResult(child.ExitCode, child.Output, child.Errors);
    }

    public void Dispose()
    {
        foreach (var file in Directory.Exists(_folder.Combine("hosts")) ? Directory.GetFiles(_folder.Combine("hosts"), "pid", SearchOption.AllDirectories) : [])
            End(int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture));
        _claim.Dispose();
        _folder.Dispose();
    }

    // A number can be somebody else's by now: only what runs from this room's folder is ended.
    private void End(int id)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            if (process.MainModule?.FileName.StartsWith(_folder.Path, StringComparison.Ordinal) != true)
                return;
            process.Kill();
            process.WaitForExit();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended.
        }
    }

    private string Journals() => string.Join('\n', Directory.EnumerateFiles(_folder.Path, "journal", SearchOption.AllDirectories)
        .Select(file => file + "\n" + string.Join('\n', File.ReadLines(file).TakeLast(5))));

    private void MakeHome()
    {
        Directory.CreateDirectory(Home);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "deploy"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Home, Path.GetRelativePath(Checkout.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            // The copy is executable when the file is.
            File.Copy(file, copy);
            File.WriteAllText(copy, File.ReadAllText(file).Replace(GuideNetwork, Network, StringComparison.Ordinal));
        }

        // Two releases that differ in nothing but their name: no older one can be had.
        foreach (var release in new[] { "kvstore-1", "kvstore-2" })
        {
            Directory.CreateDirectory(Path.Combine(Home, release));
            foreach (var file in new[] { Checkout.Server, Checkout.Ctl }.SelectMany(program => Directory.EnumerateFiles(Path.GetDirectoryName(program)!)))
            {
                if (Path.GetExtension(file) is not (".pdb" or ".xml"))
                    File.Copy(file, Path.Combine(Home, release, Path.GetFileName(file)), overwrite: true);
            }
        }

        File.WriteAllText(Path.Combine(Home, "settings.sh"), OperationsGuide.Blocks["settings"].Single().Replace(GuideNetwork, Network, StringComparison.Ordinal));
    }

    private static (string Network, TcpListener Claim) ClaimNetwork()
    {
        while (true)
        {
            var (second, third) = (RandomNumberGenerator.GetInt32(1, 255), RandomNumberGenerator.GetInt32(0, 255));
            var claim = new TcpListener(new IPAddress([127, (byte)second, (byte)third, 254]), ClaimPort);
            try
            {
                claim.Start();
                return (string.Create(CultureInfo.InvariantCulture, $"127.{second}.{third}."), claim);
            }
            catch (SocketException)
            {
                // Another room has it, or somebody listens everywhere.
                claim.Dispose();
            }
        }
    }
}

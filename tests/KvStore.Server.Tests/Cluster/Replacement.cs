using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>
/// An operator who replaces a member: starts the new one when the command says how, starts again what was killed or ended, and repeats
/// the command until it says that it is done.
/// </summary>
internal sealed class Replacement(TlsCluster cluster, ServerProcess old, ServerProcess joiner) : IDisposable
{
    private const int CommandsMax = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource _joinerStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Held by who ends or starts the new member: what kills it starts it again, and not who sees that it has ended.</summary>
    private readonly SemaphoreSlim _joinerTurn = new(1);

    private ChildProcess? _command;
    private int _commands;

    /// <summary>Ends when the command has said that it is done and the new member is ready. The old one is no member then, and ends by itself.</summary>
    public async Task<string> RunAsync(ReplacementVictim victim, PutLoad load, int killedAfterPuts)
    {
        string[] words =
        [
            .. cluster.CtlFlags(), "member", "replace", await OldIdAsync(), $"https://127.0.0.1:{joiner.PeerPort}", "--name", joiner.Name,
        ];
        var kill = KillAsync(victim, load, killedAfterPuts);
        var (exitCode, said) = await CommandAsync(words);
        while (exitCode != 0)
        {
            Assert.True(_commands < CommandsMax, $"the command failed {_commands} times: {said}");
            (exitCode, said) = await CommandAsync(words);
        }

        Assert.Contains(" is replaced by ", said, StringComparison.Ordinal);
        var killed = await kill;
        await joiner.UntilReadyAsync();
        cluster.Retire(old);
        return string.Create(CultureInfo.InvariantCulture, $"{killed} killed after {killedAfterPuts} puts, {_commands} commands");
    }

    public void Dispose() => _joinerTurn.Dispose();

    private async Task<(int ExitCode, string Text)> CommandAsync(string[] words)
    {
        _commands++;
        using var command = ChildProcess.Start(Checkout.Ctl, words);
        _command = command;
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var timeout = new CancellationTokenSource(Patience);
        while (!command.HasExited)
        {
            await _joinerTurn.WaitAsync(timeout.Token);
            if (!joiner.WasStarted ? command.Output.Contains("ETCD_INITIAL_CLUSTER_STATE", StringComparison.Ordinal) : joiner.Process.HasExited)
            {
                joiner.Start();
                _joinerStarted.TrySetResult();
            }

            _joinerTurn.Release();
            await NextAsync(poll, command, timeout.Token);
        }

        await command.WaitForExitAsync(Patience);
        _command = null;
        return (command.ExitCode, command.Output + command.Errors);
    }

    private async Task NextAsync(PeriodicTimer poll, ChildProcess command, CancellationToken limit)
    {
        try
        {
            await poll.WaitForNextTickAsync(limit);
        }
        catch (OperationCanceledException)
        {
            var logs = cluster.Members.Where(static member => member.WasStarted).Select(static member => $"{member.Name}:\n{member.Process.Errors}");
            Assert.Fail($"the command waits for ever; it printed:\n{command.Output}{command.Errors}\n{string.Join('\n', logs)}");
        }
    }

    private async Task<string> KillAsync(ReplacementVictim victim, PutLoad load, int afterPuts)
    {
        if (victim == ReplacementVictim.New)
            await _joinerStarted.Task.WaitAsync(Patience);
        await load.UntilAcknowledgedAsync(afterPuts, Patience);
        switch (victim)
        {
            case ReplacementVictim.Command when _command is { } running:
                running.Signal(ChildProcess.SignalKill);
                return "the command";
            case ReplacementVictim.New:
                await _joinerTurn.WaitAsync();
                await RestartAsync(joiner);
                _joinerTurn.Release();
                return "the new one";
            case ReplacementVictim.Old:
                await RestartAsync(old);
                return "the old one";
            case ReplacementVictim.Leader:
                await RestartAsync(await cluster.LeaderAsync());
                return "the leader";
            default:
                return "nobody was left to be";
        }
    }

    private static async Task RestartAsync(ServerProcess member)
    {
        await member.KillAsync();
        member.Start();
    }

    private async Task<string> OldIdAsync()
    {
        using var channel = cluster.Connect(cluster.Members.Where(static member => member.WasStarted));
        var id = (await channel.MembersAsync()).Members.Single(other => other.Name == old.Name).ID;
        return id.ToString("x", CultureInfo.InvariantCulture);
    }
}

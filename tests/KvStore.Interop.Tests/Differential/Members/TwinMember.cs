using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>One member of etcd's cluster and the one of ours that has its name: started, killed and asked together. 0 is etcd.</summary>
internal sealed class TwinMember(ulong number, ServerProcess[] processes) : IDisposable
{
    /// <summary>What both ids are exchanged for.</summary>
    public ulong Number { get; } = number;

    public string Name => Processes[0].Name;

    public ServerProcess[] Processes { get; } = processes;

    public ServerPair Asked { get; } = new(processes[0].Endpoint, processes[1].Endpoint);

    /// <summary>False while the member is killed.</summary>
    public bool IsUp { get; private set; }

    public async Task StartAsync()
    {
        foreach (var process in Processes)
            process.Start();
        await Task.WhenAll(Processes.Select(process => process.UntilReadyAsync()));
        OnStarted();
    }

    public void OnStarted() => IsUp = true;

    public async Task KillAsync()
    {
        IsUp = false;
        await Task.WhenAll(Processes.Select(process => process.KillAsync()));
    }

    /// <summary>A removed member ends by itself; the two exit codes.</summary>
    public async Task<int[]> UntilEndedAsync(TimeSpan limit)
    {
        await Task.WhenAll(Processes.Select(process => process.Process.WaitForExitAsync(limit)));
        IsUp = false;
        return [.. Processes.Select(process => process.Process.ExitCode)];
    }

    public void Dispose()
    {
        Asked.Dispose();
        foreach (var process in Processes)
            process.Dispose();
    }
}

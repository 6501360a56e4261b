using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using KvStore.Client;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Operations.Tests.Machines;
using KvStore.Protocol.Etcd;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>Writers that repeat a put until it is acknowledged, as an application would, and remember every put that ran out of patience.</summary>
internal sealed class RetryingLoad : IAsyncDisposable
{
    private const int Writers = 8;

    /// <summary>An attempt is given up after this time: its member may have died with it.</summary>
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(2);

    /// <summary>A put that is not acknowledged within this time has failed. An election and a handshake, on a busy host, are done in a third of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly KvClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<int>[] _writers;

    private RetryingLoad(MachineRoom room)
    {
        string Own(string file) => Path.Combine(room.Home, "certs", file);
        _client = new KvClient(new KvClientOptions
        {
            Endpoints = [.. Enumerable.Range(1, 3).Select(member => string.Create(CultureInfo.InvariantCulture, $"https://{room.Network}{member}:2379"))],
            Tls = new TlsClientOptions { CaFile = Own("ca.crt"), CertificateFile = Own("client.crt"), KeyFile = Own("client.key") },
            CallTimeout = AttemptLimit,
        });
        _writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer)))];
    }

    public static RetryingLoad Start(MachineRoom room) => new(room);

    /// <summary>Ends the writers: no put has failed, and all are there on every member.</summary>
    public async Task StopAsync(MachineRoom room)
    {
        await _stop.CancelAsync();
        var written = (await Task.WhenAll(_writers)).Sum();
        Assert.True(written > 100, $"only {written} puts were written");
        var counts = await room.ShellAsync(
            "for n in $MEMBERS; do kvctl --endpoints https://10.0.0.$n:2379 get load/ --prefix --count-only -w fields | sed -n 's/^\"Count\" : //p'; done");
        var line = written.ToString(CultureInfo.InvariantCulture) + "\n";
        Assert.Equal(line + line + line, counts);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // A failed writer is reported by StopAsync; here it only has to have ended.
        await ((Task)Task.WhenAll(_writers)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task<int> WriteAsync(int writer)
    {
        var written = 0;
        using var pace = new PeriodicTimer(Pause);
        while (!_stop.IsCancellationRequested)
        {
            await PutAsync(string.Create(CultureInfo.InvariantCulture, $"load/{writer}/{written}"));
            written++;
            await pace.WaitForNextTickAsync();
        }

        return written;
    }

    private async Task PutAsync(string key)
    {
        var began = Stopwatch.GetTimestamp();
        using var pace = new PeriodicTimer(Pause);
        while (true)
        {
            try
            {
                await _client.Kv.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(key) });
                return;
            }
            catch (GrpcException) when (Stopwatch.GetElapsedTime(began) < Patience)
            {
                await pace.WaitForNextTickAsync();
            }
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace KvStore.Client.Tests.Support;

/// <summary>
/// A wire between a client and a member that can be told to steal the next answer: the request arrives and is carried out, the
/// answer's bytes are swallowed and the connection is cut. Or to fall silent: what was connected stays so and carries nothing any
/// more, as a machine that lost its power does.
/// </summary>
internal sealed class FaultyWire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _memberPort;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _accepting;
    private int _steals;
    private int _connected;
    private int _silentUpTo;

    public FaultyWire(int memberPort)
    {
        _memberPort = memberPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Endpoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Stolen { get; private set; }

    /// <summary>The next answer that a member sends is stolen, with whatever comes with it.</summary>
    public void StealNext() => Volatile.Write(ref _steals, 1);

    /// <summary>The connections there are carry nothing any more; new ones do.</summary>
    public void FallSilent() => Volatile.Write(ref _silentUpTo, Volatile.Read(ref _connected));

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _accepting;
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        var wires = new List<Task>();
        try
        {
            while (true)
                wires.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_closing.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(wires);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        await far.ConnectAsync(IPAddress.Loopback, _memberPort);
        var number = Interlocked.Increment(ref _connected);
        var requests = PumpAsync(number, near.GetStream(), far.GetStream(), mayBeStolen: false);
        var answers = PumpAsync(number, far.GetStream(), near.GetStream(), mayBeStolen: true);
        await Task.WhenAny(requests, answers);
        near.Close();
        far.Close();
        await Task.WhenAll(requests, answers);
    }

    /// <summary>Whether one of the frames is of an answer (DATA or HEADERS, RFC 9113 §6), and not about the connection: pings, settings, windows.</summary>
    private static bool HasAnswer(ReadOnlySpan<byte> frames)
    {
        const int headBytes = 9;
        while (frames.Length >= headBytes)
        {
            if (frames[3] is 0 or 1)
                return true;
            var length = headBytes + ((frames[0] << 16) | (frames[1] << 8) | frames[2]);
            frames = frames[Math.Min(length, frames.Length)..];
        }

        return false;
    }

    private async Task PumpAsync(int number, NetworkStream from, NetworkStream to, bool mayBeStolen)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, _closing.Token) is var count and > 0)
            {
                if (number <= Volatile.Read(ref _silentUpTo))
                    continue;
                if (mayBeStolen && HasAnswer(buffer.AsSpan(0, count)) && Interlocked.Exchange(ref _steals, 0) == 1)
                {
                    Stolen++;
                    return;
                }

                await to.WriteAsync(buffer.AsMemory(0, count), _closing.Token);
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One end of the wire is gone, so the other is cut, too.
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KvStore.Testing.Wires;

namespace KvStore.Server.Tests.Floods;

/// <summary>Calls, waits for the answer and calls again, on a thread and a socket of its own, until told to stop.</summary>
internal sealed class HonestClient : IDisposable
{
    /// <summary>Between two calls: it shows that the server answers, and must not be the load itself.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(5);

    private readonly int _port;
    private readonly Func<long> _memory;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new();
    private volatile Exception? _failure;
    private int _calls;

    public HonestClient(int port, Func<long> memory)
    {
        _port = port;
        _memory = memory;
        _thread = new Thread(Run) { IsBackground = true, Name = "honest client" };
    }

    public TimeSpan SlowestCall { get; private set; }

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The server's memory at its highest.</summary>
    public long PeakBytes { get; private set; }

    public void Start() => _thread.Start();

    /// <summary>Or until it failed, which <see cref="Stop"/> says.</summary>
    public async Task UntilCallsAsync(int calls)
    {
        using var poll = new PeriodicTimer(_pause);
        while (Calls < calls && _failure is null)
            await poll.WaitForNextTickAsync();
    }

    /// <summary>Throws what ended the client before.</summary>
    public void Stop()
    {
        _stop.Set();
        _thread.Join();
        if (_failure is not null)
            throw new InvalidOperationException("the honest client was not answered", _failure);
    }

    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive)
            _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
            socket.Connect(new IPEndPoint(IPAddress.Loopback, _port));
            socket.Send(Http2Wire.Hello);
            for (var stream = 1; !_stop.IsSet; stream += 2)
            {
                var started = Stopwatch.GetTimestamp();
                socket.Send(Http2Wire.Call(stream, FloodedMember.Range, FloodedMember.RangeOfKey));
                UntilAnswered(socket, stream);
                var took = Stopwatch.GetElapsedTime(started);
                SlowestCall = took > SlowestCall ? took : SlowestCall;
                Interlocked.Increment(ref _calls);
                PeakBytes = Math.Max(PeakBytes, _memory());
                _stop.Wait(_pause);
            }
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            _failure = failure;
        }
    }

    private static void UntilAnswered(Socket socket, int stream)
    {
        while (true)
        {
            var head = Exactly(socket, 9);
            Exactly(socket, (head[0] << 16) | (head[1] << 8) | head[2]);
            if (head[3] <= Http2Frame.Headers && (head[4] & Http2Frame.EndStream) != 0 && ((head[7] << 8) | head[8]) == (stream & 0xffff))
                return;
        }
    }

    private static byte[] Exactly(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var read = socket.Receive(bytes.AsSpan(at));
            at += read > 0 ? read : throw new EndOfStreamException("the server hung up");
        }

        return bytes;
    }
}

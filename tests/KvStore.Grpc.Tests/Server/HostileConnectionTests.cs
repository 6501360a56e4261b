using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Primitives;
using KvStore.Testing.Wires;

namespace KvStore.Grpc.Tests.Server;

/// <summary>What strangers send. In each case the connection ends or waits, and the next honest call is answered.</summary>
public sealed class HostileConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Garbage_AfterThePreface_EndsTheConnectionOnly()
    {
        await using var host = await RoomHost.StartAsync(TestMethods.AddAll);
        var prng = new Prng(99);
        for (var round = 0; round < 100; round++)
        {
            using var socket = await Http2Wire.ConnectAsync(host.Port);
            var bytes = new byte[1 + prng.Below(3000)];
            prng.Fill(bytes);
            await socket.SendAsync(prng.Chance(1, 4) ? bytes : [.. Http2Wire.Preface, .. bytes]);
            socket.HalfClose();
            await socket.DrainAsync();
        }

        await AssertServesAsync(host);
    }

    [Fact]
    public async Task RapidReset_ThirtyConnections_IsBoundedAndHonestCallsAreServed()
    {
        // CVE-2023-44487: open and reset as fast as possible.
        var begun = new TaskCompletionSource();
        await using var host = await RoomHost.StartAsync(
            table =>
            {
                TestMethods.AddAll(table);
                table.AddHang(begun);
            },
            kestrel: new GrpcKestrelOptions { StreamsPerConnectionMax = 100 });
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            using var socket = await Http2Wire.ConnectAsync(host.Port);
            await socket.SendAsync([.. Http2Wire.Preface, .. Frame(type: 4, flags: 0, stream: 0, [])]);
            var head = Head(TestMethods.Hang.Path);
            for (var stream = 1; stream < 4000; stream += 2)
                await socket.SendAsync([.. Frame(1, 0x4, stream, head), .. Frame(0, 0, stream, RawCall.Frame([])), .. Frame(3, 0, stream, [0, 0, 0, 8])]);
            socket.HalfClose();
            await socket.DrainAsync();
        })).WaitAsync(Patience);
        await AssertServesAsync(host);
        Assert.True(host.Room.CallsInFlight <= 30 * 200);
    }

    [Fact]
    public async Task ContinuationFlood_IsCutAtTheHeaderLimit()
    {
        // CVE-2023-45288: headers without end.
        await using var host = await RoomHost.StartAsync(TestMethods.AddAll);
        using var socket = await Http2Wire.ConnectAsync(host.Port);
        await socket.SendAsync([.. Http2Wire.Preface, .. Frame(4, 0, 0, []), .. Frame(1, 0, 1, Head(TestMethods.Echo.Path))]);
        var filler = Enumerable.Range(0, 100).SelectMany(_ => Literal("x-filler", new string('a', 100))).ToArray();
        for (var i = 0; i < 200; i++)
            await socket.SendAsync(Frame(9, 0, 1, filler));
        await socket.DrainAsync();
        await AssertServesAsync(host);
    }

    [Fact]
    public async Task Silence_OnClearText_IsClosedWhenTheTimeIsOver()
    {
        // CVE-2026-73500, on the listener without TLS: many silent connections, all closed at the same limit.
        var time = new ManualTime();
        await using var host = await RoomHost.StartAsync(TestMethods.AddAll, kestrel: new GrpcKestrelOptions { Time = time });
        var sockets = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Http2Wire.ConnectAsync(host.Port)));
        while (time.TimerCount < sockets.Length)
            await Task.Yield();
        time.Advance(TimeSpan.FromSeconds(10));
        foreach (var socket in sockets)
        {
            await socket.DrainAsync();
            socket.Dispose();
        }
    }

    [Fact]
    public async Task SlowHeaders_AreCutAtTheirTime()
    {
        // #22143: a head that never ends. Kestrel's own clock judges it, so this waits for the real second.
        await using var host = await RoomHost.StartAsync(TestMethods.AddAll, kestrel: new GrpcKestrelOptions { HeadersTimeout = TimeSpan.FromSeconds(1) });
        using var http1 = await Http2Wire.ConnectAsync(host.Port);
        await http1.SendAsync("GET /health HTTP/1.1\r\nhost: x\r\n"u8.ToArray());
        using var http2 = await Http2Wire.ConnectAsync(host.Port);
        await http2.SendAsync([.. Http2Wire.Preface, .. Frame(4, 0, 0, []), .. Frame(1, 0, 1, Head(TestMethods.Echo.Path))]);
        await http1.DrainAsync();
        await http2.DrainAsync();
        await AssertServesAsync(host);
    }

    [Fact]
    public async Task Header_NotUtf8_ReachesTheHandlerAndNothingBreaks()
    {
        // Ada Logics 2022: client-api-version with invalid UTF-8.
        string? seen = null;
        await using var host = await RoomHost.StartAsync(table => table.Unary(TestMethods.Echo, (call, _, response) =>
        {
            seen = call.Header("client-api-version");
            response.WriteMessage(ReadOnlySpan<byte>.Empty);
            return ValueTask.CompletedTask;
        }));
        using var channel = new GrpcChannel(host.Endpoint);
        await channel.UnaryAsync(TestMethods.Echo.Path, default);
        using var socket = await Http2Wire.ConnectAsync(host.Port);
        var head = Head(TestMethods.Echo.Path).Concat(Literal("client-api-version", "3.\u00ff\u00fe")).ToArray();
        await socket.SendAsync([.. Http2Wire.Preface, .. Frame(4, 0, 0, []), .. Frame(1, 0x4, 1, head), .. Frame(0, 0x1, 1, RawCall.Frame([]))]);
        while (Volatile.Read(ref seen) is null)
            await Task.Yield();
        Assert.Equal("3.\u00ff\u00fe", seen);
        Assert.False(MetadataText.TryDecode(seen!, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10_000)]
    public async Task Authority_WithAScheme_IsServed(int bytesAtOnce)
    {
        // etcd's clients of 3.4: the first call carries it, later ones refer to it.
        var calls = 0;
        var authorities = new List<string>();
        await using var host = await RoomHost.StartAsync(table => table.Unary(TestMethods.Echo, (call, _, response) =>
        {
            lock (authorities)
                authorities.Add(call.Authority);
            response.WriteMessage(ReadOnlySpan<byte>.Empty);
            Interlocked.Increment(ref calls);
            return ValueTask.CompletedTask;
        }));
        using var socket = await Http2Wire.ConnectAsync(host.Port);
        byte[] first = [0x83, 0x86, .. Literal(":path", TestMethods.Echo.Path), 0x41, 16, .. "http://host:2379"u8, .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers")];
        byte[] second = [0x83, 0x86, .. Literal(":path", TestMethods.Echo.Path), 0xbe, .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers")];
        byte[] all =
        [
            .. Http2Wire.Preface, .. Frame(4, 0, 0, []), .. Frame(1, 0x4, 1, first), .. Frame(0, 0x1, 1, RawCall.Frame([])),
            .. Frame(1, 0x4, 3, second), .. Frame(0, 0x1, 3, RawCall.Frame([])),
        ];
        for (var at = 0; at < all.Length; at += bytesAtOnce)
            await socket.SendAsync(all[at..Math.Min(all.Length, at + bytesAtOnce)]);
        while (Volatile.Read(ref calls) < 2)
            await Task.Yield();
        Assert.Equal(["host:2379", "host:2379"], authorities);
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) => Http2Wire.Frame(type, flags, stream, payload);

    private static byte[] Head(string path) => Http2Wire.Head(path);

    private static byte[] Literal(string name, string value) => Http2Wire.Literal(name, value);

    private static async Task AssertServesAsync(RoomHost host)
    {
        using var channel = new GrpcChannel(host.Endpoint);
        Assert.Equal([1], (await channel.UnaryAsync(TestMethods.Echo.Path, new byte[] { 1 })).ToArray());
    }
}

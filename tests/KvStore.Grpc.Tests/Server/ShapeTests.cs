using System.Text;
using KvStore.Grpc.Client;

namespace KvStore.Grpc.Tests.Server;

/// <summary>The four shapes, our client against our server.</summary>
public sealed class ShapeTests : IAsyncLifetime
{
    private RoomHost _host = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _host = await RoomHost.StartAsync(TestMethods.AddAll);
        _channel = new GrpcChannel(_host.Endpoint);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_091)]
    [InlineData(65_536)]
    [InlineData(2_000_000)]
    public async Task Unary_AnyLength_ComesBackUnchanged(int length)
    {
        var message = new byte[length];
        new KvStore.Primitives.Prng(7).Fill(message);
        var answer = await _channel.UnaryAsync(TestMethods.Echo.Path, message);
        Assert.True(message.AsSpan().SequenceEqual(answer.Span));
    }

    [Fact]
    public async Task Unary_ManyAtOnce_EachGetsItsOwn()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => _channel.UnaryAsync(TestMethods.Echo.Path, BitConverter.GetBytes(i))));
        Assert.Equal(Enumerable.Range(0, 500), answers.Select(answer => BitConverter.ToInt32(answer.Span)));
        var counters = _host.Room.Table.Counters.Single(counters => counters.Method == TestMethods.Echo);
        Assert.Equal((500, 500, 500, 500), (counters.Started, counters.Handled(StatusCode.OK), counters.MessagesReceived, counters.MessagesSent));
        Assert.Equal((4500, 4500, 0), (_host.Room.BytesReceived, _host.Room.BytesSent, _host.Room.CallsInFlight));
    }

    [Fact]
    public async Task ServerStreaming_SendsAllInOrder()
    {
        using var call = _channel.OpenStream(TestMethods.Repeat.Path);
        await call.WriteAsync("hello"u8.ToArray());
        await call.CompleteAsync();
        var text = new StringBuilder();
        while (await call.MoveNextAsync())
            text.Append(Encoding.ASCII.GetString(call.Current.Span));
        Assert.Equal("hello", text.ToString());
        Assert.False(await call.MoveNextAsync());
    }

    [Fact]
    public async Task ClientStreaming_AnswersAfterTheHalfClose()
    {
        using var call = _channel.OpenStream(TestMethods.Sum.Path);
        for (var i = 0; i < 100; i++)
            await call.WriteAsync(new byte[i]);
        await call.CompleteAsync();
        Assert.True(await call.MoveNextAsync());
        Assert.Equal(4950, BitConverter.ToInt32(call.Current.Span));
        Assert.False(await call.MoveNextAsync());
    }

    [Fact]
    public async Task Duplex_AnswersEachRequestAndGoesOnAfterTheHalfClose()
    {
        using var call = _channel.OpenStream(TestMethods.Chat.Path);
        for (var i = 0; i < 50; i++)
        {
            await call.WriteAsync(Encoding.ASCII.GetBytes($"m{i}"));
            Assert.True(await call.MoveNextAsync());
            Assert.Equal($"m{i}", Encoding.ASCII.GetString(call.Current.Span));
        }

        await call.CompleteAsync();
        Assert.True(await call.MoveNextAsync());
        Assert.Equal("bye", Encoding.ASCII.GetString(call.Current.Span));
        Assert.False(await call.MoveNextAsync());
    }
}

using KvStore.Grpc.Client;
using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests.Server;

/// <summary>How a handler's end becomes the caller's status.</summary>
public sealed class StatusTests
{
    public static TheoryData<StatusCode> Errors()
    {
        var codes = new TheoryData<StatusCode>();
        foreach (var code in Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK))
            codes.Add(code);
        return codes;
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Handler_SetsStatus_CallerSeesCodeAndText(StatusCode code)
    {
        const string Text = "etcdserver: ümläut 100% \n end";
        await using var host = await RoomHost.StartAsync(table => table.Unary(TestMethods.Fail, (call, _, _) =>
        {
            call.Fail(code, Text);
            return ValueTask.CompletedTask;
        }));
        using var channel = new GrpcChannel(host.Endpoint);
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Fail.Path, default, new CallOptions { Repeat = RepeatRule.Never }));
        Assert.Equal(new GrpcStatus(code, Text), thrown.Status);
        Assert.Equal(1, host.Room.Table.Counters.Single().Handled(code));
    }

    [Fact]
    public async Task Handler_Throws_CallerSeesNoDetailAndTheCallbackDoes()
    {
        var seen = new TaskCompletionSource<Exception>();
        var options = new GrpcRoomOptions { OnUnhandledException = (_, exception) => seen.TrySetResult(exception) };
        await using var host = await RoomHost.StartAsync(
            table => table.Unary(TestMethods.Fail, (_, _, _) => throw new InvalidOperationException("secret path /root")), options);
        using var channel = new GrpcChannel(host.Endpoint);
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Fail.Path, default));
        Assert.Equal(new GrpcStatus(StatusCode.Internal, "internal error"), thrown.Status);
        Assert.Equal("secret path /root", (await seen.Task).Message);
    }

    [Fact]
    public async Task Handler_FindsNoMemory_CallerIsToldThatItIsExhausted()
    {
        await using var host = await RoomHost.StartAsync(table => table.Unary(TestMethods.Fail, (_, _, _) => throw new InsufficientMemoryException()));
        using var channel = new GrpcChannel(host.Endpoint);
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Fail.Path, default, new CallOptions { Repeat = RepeatRule.Never }));
        Assert.Equal(new GrpcStatus(StatusCode.ResourceExhausted, "the server has not enough memory for this call"), thrown.Status);
    }

    [Fact]
    public async Task Handler_ThrowsStatusWithTrailers_CallerSeesBoth()
    {
        await using var host = await RoomHost.StartAsync(table => table.Unary(TestMethods.Fail, (call, _, response) =>
        {
            call.AddTrailer("one", "1");
            response.WriteMessage("half an answer"u8);
            var trailers = new Metadata();
            trailers.AddBinary("two-bin", [2, 0, 255]);
            throw new GrpcException(new GrpcStatus(StatusCode.Aborted, "etcdserver: no"), trailers);
        }));
        using var channel = new GrpcChannel(host.Endpoint);
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Fail.Path, default));
        Assert.Equal(new GrpcStatus(StatusCode.Aborted, "etcdserver: no"), thrown.Status);
        Assert.Equal("1", thrown.Trailers["one"]);
        Assert.True(BinaryMetadata.TryDecode(thrown.Trailers["two-bin"]!, out var two));
        Assert.Equal([2, 0, 255], two);
    }

    [Fact]
    public async Task Handler_ForgetsItsAnswer_IsInternal()
    {
        await using var host = await RoomHost.StartAsync(table => table.Unary(TestMethods.Fail, (_, _, _) => ValueTask.CompletedTask));
        using var channel = new GrpcChannel(host.Endpoint);
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Fail.Path, default));
        Assert.Equal(new GrpcStatus(StatusCode.Internal, "internal error"), thrown.Status);
    }

    [Fact]
    public async Task Admission_Refuses_HandlerIsNotRun()
    {
        var ran = false;
        var options = new GrpcRoomOptions { Admit = call => call.Header("hasleader") == "true" ? new GrpcStatus(StatusCode.Unavailable, "etcdserver: no leader") : GrpcStatus.OK };
        await using var host = await RoomHost.StartAsync(table => table.Unary(TestMethods.Fail, (_, _, response) =>
        {
            ran = true;
            response.WriteMessage(ReadOnlySpan<byte>.Empty);
            return ValueTask.CompletedTask;
        }), options);
        using var channel = new GrpcChannel(host.Endpoint);
        var headers = new Metadata();
        headers.Add("hasleader", "true");
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Fail.Path, default, new CallOptions { Headers = headers }));
        Assert.Equal("etcdserver: no leader", thrown.Message);
        Assert.False(ran);
        await channel.UnaryAsync(TestMethods.Fail.Path, default);
        Assert.True(ran);
    }
}

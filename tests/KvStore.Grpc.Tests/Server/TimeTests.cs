using KvStore.Grpc.Client;
using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests.Server;

/// <summary>Deadlines and cancellation. Time is a fake: nothing here waits for a clock.</summary>
public sealed class TimeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Deadline_Passes_CallerAndServerSayDeadlineExceeded()
    {
        var time = new ManualTime();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<GrpcStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new GrpcRoomOptions { Time = time, OnFinished = (_, status) => ended.TrySetResult(status) };
        await using var host = await RoomHost.StartAsync(table => table.AddHang(begun), options);
        using var raw = new RawCall();
        var answer = raw.SendAsync(host.Endpoint, TestMethods.Hang.Path, RawCall.Frame([]), headers: ("grpc-timeout", "5S"));
        await begun.Task.WaitAsync(Patience);
        await time.TimerArmed.WaitAsync(Patience);
        time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        var got = await answer.WaitAsync(Patience);
        Assert.Equal(("4", "context deadline exceeded"), (got.Status, got.Message));
        Assert.Equal(StatusCode.DeadlineExceeded, (await ended.Task.WaitAsync(Patience)).Code);
    }

    [Fact]
    public async Task Deadline_OnTheClient_EndsACallTheServerForgot()
    {
        var time = new ManualTime();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await RoomHost.StartAsync(table => table.AddHang(begun));
        using var channel = new GrpcChannel(host.Endpoint, new GrpcChannelOptions { Time = time });
        var call = channel.UnaryAsync(TestMethods.Hang.Path, default, new CallOptions { Timeout = TimeSpan.FromMinutes(1) });
        await begun.Task.WaitAsync(Patience);
        time.Advance(TimeSpan.FromMinutes(1));
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Patience));
        Assert.Equal(new GrpcStatus(StatusCode.DeadlineExceeded, "context deadline exceeded"), thrown.Status);
    }

    [Fact]
    public async Task Caller_Cancels_BothSidesSayCanceled()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<GrpcStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await RoomHost.StartAsync(table => table.AddHang(begun), new GrpcRoomOptions { OnFinished = (_, status) => ended.TrySetResult(status) });
        using var channel = new GrpcChannel(host.Endpoint);
        using var cancel = new CancellationTokenSource();
        var call = channel.UnaryAsync(TestMethods.Hang.Path, default, cancellationToken: cancel.Token);
        await begun.Task.WaitAsync(Patience);
        await cancel.CancelAsync();
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Patience));
        Assert.Equal(new GrpcStatus(StatusCode.Canceled, "context canceled"), thrown.Status);
        Assert.Equal(new GrpcStatus(StatusCode.Canceled, "context canceled"), await ended.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task Stream_Disposed_EndsTheServersCallAndLeaksNothing()
    {
        // W12: a cancelled stream is counted once and leaves no call behind.
        var ended = new TaskCompletionSource<GrpcStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await RoomHost.StartAsync(TestMethods.AddAll, new GrpcRoomOptions { OnFinished = (_, status) => ended.TrySetResult(status) });
        using var channel = new GrpcChannel(host.Endpoint);
        var call = channel.OpenStream(TestMethods.Chat.Path);
        await call.WriteAsync("x"u8.ToArray());
        Assert.True(await call.MoveNextAsync());
        call.Dispose();
        Assert.Equal(StatusCode.Canceled, (await ended.Task.WaitAsync(Patience)).Code);
        Assert.Equal(0, host.Room.CallsInFlight);
        var counters = host.Room.Table.Counters.Single(counters => counters.Method == TestMethods.Chat);
        Assert.Equal((1, 1, 0), (counters.Started, counters.Handled(StatusCode.Canceled), counters.Handled(StatusCode.OK)));
    }

    [Fact]
    public async Task Server_Stops_StreamsAreToldAndUnaryCallsFinish()
    {
        using var stopping = new CancellationTokenSource();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new GrpcRoomOptions { Stopping = stopping.Token };
        await using var host = await RoomHost.StartAsync(
            table =>
            {
                table.AddChat();
                table.Unary(TestMethods.Echo, async (call, request, response) =>
                {
                    begun.TrySetResult();
                    await release.Task;
                    Assert.False(call.CancellationToken.IsCancellationRequested);
                    response.WriteMessage(request.Span);
                });
            },
            options);
        using var channel = new GrpcChannel(host.Endpoint);
        var unary = channel.UnaryAsync(TestMethods.Echo.Path, "x"u8.ToArray());
        using var stream = channel.OpenStream(TestMethods.Chat.Path);
        await stream.WriteAsync("x"u8.ToArray());
        Assert.True(await stream.MoveNextAsync());
        await begun.Task.WaitAsync(Patience);
        await stopping.CancelAsync();
        var thrown = await Assert.ThrowsAsync<GrpcException>(async () => await stream.MoveNextAsync());
        Assert.Equal(new GrpcStatus(StatusCode.Unavailable, "etcdserver: server stopped"), thrown.Status);
        release.SetResult();
        Assert.Equal("x"u8.ToArray(), (await unary.WaitAsync(Patience)).ToArray());
    }

    [Fact]
    public async Task Call_WithoutAnybodyThere_IsUnavailableAndSafeToRepeat()
    {
        using var channel = new GrpcChannel("http://127.0.0.1:1");
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync("/a/b", default));
        Assert.True(thrown.NeverSent);
        Assert.Equal(
            new GrpcStatus(StatusCode.Unavailable, "connection error: desc = \"transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused\""),
            thrown.Status);
    }
}

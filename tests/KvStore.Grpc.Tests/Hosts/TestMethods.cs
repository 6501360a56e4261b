using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests;

/// <summary>A byte-level service that does what tests ask of it.</summary>
internal static class TestMethods
{
    public static readonly RpcMethod Echo = new("test.Test", "Echo", RpcShape.Unary);
    public static readonly RpcMethod Fail = new("test.Test", "Fail", RpcShape.Unary);
    public static readonly RpcMethod Repeat = new("test.Test", "Repeat", RpcShape.ServerStreaming);
    public static readonly RpcMethod Sum = new("test.Test", "Sum", RpcShape.ClientStreaming);
    public static readonly RpcMethod Chat = new("test.Test", "Chat", RpcShape.Duplex);
    public static readonly RpcMethod Hang = new("test.Test", "Hang", RpcShape.Unary);

    public static void AddEcho(this GrpcServiceTable table) => table.Unary(Echo, async (_, request, response) =>
        await response.WriteMessageAsync(ReadOnlyMemory<byte>.Empty, request));

    /// <summary>Answers with each byte of the request as a message of its own.</summary>
    public static void AddRepeat(this GrpcServiceTable table) => table.ServerStreaming(Repeat, async (_, request, responses) =>
    {
        for (var i = 0; i < request.Length; i++)
        {
            responses.WriteMessage(request.Span.Slice(i, 1));
            await responses.FlushAsync();
        }
    });

    /// <summary>Answers once with the number of bytes of all requests.</summary>
    public static void AddSum(this GrpcServiceTable table) => table.ClientStreaming(Sum, async (_, requests, response) =>
    {
        var sum = 0;
        while (await requests.MoveNextAsync())
            sum += requests.Current.Length;
        response.WriteMessage(BitConverter.GetBytes(sum));
    });

    /// <summary>Echoes until the half-close, then says "bye".</summary>
    public static void AddChat(this GrpcServiceTable table) => table.Duplex(Chat, async (_, requests, responses) =>
    {
        while (await requests.MoveNextAsync())
        {
            responses.WriteMessage(requests.Current.Span);
            await responses.FlushAsync();
        }

        responses.WriteMessage("bye"u8);
    });

    /// <summary>Waits until the call's token ends; tells when it has begun.</summary>
    public static void AddHang(this GrpcServiceTable table, TaskCompletionSource begun) => table.Unary(Hang, async (call, _, _) =>
    {
        begun.TrySetResult();
        await Task.Delay(Timeout.Infinite, call.CancellationToken);
    });

    public static void AddAll(GrpcServiceTable table)
    {
        table.AddEcho();
        table.AddRepeat();
        table.AddSum();
        table.AddChat();
    }
}

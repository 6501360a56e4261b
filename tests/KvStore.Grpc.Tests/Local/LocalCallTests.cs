using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using KvStore.Grpc.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Grpc.Tests.Local;

/// <summary>A call in memory is a call like any other, but for where it comes from.</summary>
public sealed class LocalCallTests
{
    private const int LargeBytes = 1_000_000;

    [Fact]
    public async Task Unary_OfAnySize_IsAnswered()
    {
        var room = Room(TestMethods.AddAll);
        foreach (var size in new[] { 0, 1, 40_000, LargeBytes })
        {
            var request = new byte[size];
            Random.Shared.NextBytes(request);
            await using var call = Start(room, TestMethods.Echo);
            var answer = await call.UnaryAsync(request);
            Assert.Equal(request, answer!.Value.ToArray());
            Assert.Equal(GrpcStatus.OK, call.Status);
        }

        Assert.Equal(0, room.CallsInFlight);
        Assert.Equal(4, room.Table.Counters.Single(counters => counters.Method == TestMethods.Echo).Handled(StatusCode.OK));
    }

    [Fact]
    public async Task Unary_Refused_HasTheStatus()
    {
        var room = Room(table => table.Unary(TestMethods.Fail, (call, _, _) =>
        {
            call.Fail(StatusCode.NotFound, "nicht da: ä%");
            return ValueTask.CompletedTask;
        }));
        await using var call = Start(room, TestMethods.Fail);
        Assert.Null(await call.UnaryAsync(new byte[LargeBytes]));
        Assert.Equal(new GrpcStatus(StatusCode.NotFound, "nicht da: ä%"), call.Status);
    }

    [Fact]
    public async Task Unary_NotAdmitted_NeverReadsItsRequest()
    {
        var room = Room(TestMethods.AddAll, new GrpcRoomOptions { Admit = _ => new GrpcStatus(StatusCode.Unavailable, "closed") });
        await using var call = Start(room, TestMethods.Echo);
        Assert.Null(await call.UnaryAsync(new byte[LargeBytes]));
        Assert.Equal(new GrpcStatus(StatusCode.Unavailable, "closed"), call.Status);
    }

    [Fact]
    public async Task Unary_TooLarge_IsRefusedAsOverAConnection()
    {
        var room = Room(TestMethods.AddAll, new GrpcRoomOptions { ReceiveBytesMax = 100 });
        await using var call = Start(room, TestMethods.Echo);
        Assert.Null(await call.UnaryAsync(new byte[101]));
        Assert.Equal(GrpcTexts.TooLarge(101, 100), call.Status);
    }

    [Fact]
    public async Task Unary_OfAnUnknownMethod_IsUnimplemented()
    {
        await using var call = Start(Room(TestMethods.AddAll), new RpcMethod("test.Test", "Nothing", RpcShape.Unary));
        Assert.Null(await call.UnaryAsync(default));
        Assert.Equal(GrpcTexts.UnknownMethod("Nothing", "test.Test"), call.Status);
    }

    [Fact]
    public async Task Duplex_MessagesBothWays_UntilTheHalfClose()
    {
        await using var call = Start(Room(TestMethods.AddAll), TestMethods.Chat);
        foreach (var word in new[] { "one", "", "three" })
        {
            Assert.True(await call.WriteAsync(Encoding.UTF8.GetBytes(word), default));
            Assert.True(await call.MoveNextAsync());
            Assert.Equal(word, Encoding.UTF8.GetString(call.Current.ToArray()));
        }

        await call.HalfCloseAsync();
        Assert.True(await call.MoveNextAsync());
        Assert.Equal("bye", Encoding.UTF8.GetString(call.Current.ToArray()));
        Assert.False(await call.MoveNextAsync());
        Assert.True(call.Status.IsOK);
    }

    [Fact]
    public async Task Dispose_BeforeTheEnd_EndsTheHandler()
    {
        var begun = new TaskCompletionSource();
        var room = Room(table => table.AddHang(begun));
        var call = Start(room, TestMethods.Hang);
        await call.WriteAsync(default, default);
        await begun.Task;
        await call.DisposeAsync();
        Assert.Equal(0, room.CallsInFlight);
    }

    [Fact]
    public async Task Deadline_OfTheHead_Ends()
    {
        var room = Room(table => table.AddHang(new TaskCompletionSource()));
        var head = new LocalCallHead(TestMethods.Hang.Path, new HeaderDictionary()) { Timeout = "20m" };
        await using var call = LocalCall.Start(room, head, new DefaultHttpContext(), default);
        Assert.Null(await call.UnaryAsync(default));
        Assert.Equal(new GrpcStatus(StatusCode.DeadlineExceeded, GrpcTexts.DeadlineExceeded), call.Status);
    }

    /// <summary>CVE-2018-16886: who comes over HTTP is nobody by his connection's certificate; who comes as gRPC stays who he is.</summary>
    [Fact]
    public async Task Certificate_OfTheConnection_GoesOnlyWithCallsInTheCallersName()
    {
        var seen = new List<(string? Token, bool HasCertificate)>();
        var inner = new RpcMethod("test.Test", "Inner", RpcShape.Unary);
        var room = Room(table =>
        {
            table.Unary(inner, (call, _, response) =>
            {
                seen.Add((call.Header("token"), call.PeerCertificate is not null));
                response.WriteMessage(default(ReadOnlySpan<byte>));
                return ValueTask.CompletedTask;
            });
            table.Unary(TestMethods.Echo, async (call, _, response) =>
            {
                await using var own = LocalCall.Start(call, inner.Path, default);
                await own.UnaryAsync(default);
                response.WriteMessage(default(ReadOnlySpan<byte>));
            });
        });
        using var key = System.Security.Cryptography.ECDsa.Create();
        using var certificate = new CertificateRequest("CN=root", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddHours(1));
        var connection = new DefaultHttpContext();
        connection.Features.Set<ITlsConnectionFeature>(new TlsConnectionFeature { ClientCertificate = certificate });
        var head = new LocalCallHead(inner.Path, new HeaderDictionary { ["token"] = "t" });
        await using (var gateway = LocalCall.Start(room, head, connection, default))
            await gateway.UnaryAsync(default);
        Assert.Equal([("t", false)], seen);

        var outer = new DefaultHttpContext();
        outer.Features.Set<ITlsConnectionFeature>(new TlsConnectionFeature { ClientCertificate = certificate });
        outer.Request.Protocol = "HTTP/2";
        outer.Request.Method = "POST";
        outer.Request.Path = TestMethods.Echo.Path;
        outer.Request.ContentType = "application/grpc";
        outer.Request.Headers["token"] = "u";
        outer.Request.Body = new MemoryStream(new byte[5]);
        await room.InvokeAsync(outer, _ => throw new InvalidOperationException("it is a method"));
        Assert.Equal(("u", true), seen[^1]);
    }

    private static GrpcRoom Room(Action<GrpcServiceTable> fill, GrpcRoomOptions? options = null)
    {
        var table = new GrpcServiceTable();
        fill(table);
        return new GrpcRoom(table, options ?? new GrpcRoomOptions());
    }

    private static LocalCall Start(GrpcRoom room, RpcMethod method) =>
        LocalCall.Start(room, new LocalCallHead(method.Path, new HeaderDictionary()), new DefaultHttpContext(), default);
}

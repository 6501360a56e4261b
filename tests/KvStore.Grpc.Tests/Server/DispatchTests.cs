using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests.Server;

/// <summary>Malformed calls are refused as Go's gRPC server refuses them, to the letter.</summary>
public sealed class DispatchTests : IAsyncLifetime, IDisposable
{
    private readonly RawCall _raw = new();
    private RoomHost _host = null!;

    public async Task InitializeAsync() => _host = await RoomHost.StartAsync(TestMethods.AddAll, new GrpcRoomOptions { ReceiveBytesMax = 1000 });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _raw.Dispose();

    [Fact]
    public async Task Unary_PlainMessage_EchoesWithStatusZero()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([1, 2, 3]));
        Assert.Equal(200, answer.HttpStatus);
        Assert.Equal(RawCall.Frame([1, 2, 3]), answer.Body);
        Assert.Equal("0", answer.Status);
        Assert.Null(answer.Message);
        Assert.Equal("application/grpc", answer.ContentType);
    }

    [Theory]
    [InlineData("/nothing.Here/Echo", "12", "unknown service nothing.Here")]
    [InlineData("/test.Test/Nothing", "12", "unknown method Nothing for service test.Test")]
    [InlineData("/test.Test/echo", "12", "unknown method echo for service test.Test")]
    [InlineData("/nothing", "12", "malformed method name: \"/nothing\"")]
    public async Task Path_Unknown_IsUnimplemented(string path, string status, string message)
    {
        var answer = await _raw.SendAsync(_host.Endpoint, path, RawCall.Frame([]));
        Assert.Equal((200, status, message), (answer.HttpStatus, answer.Status, answer.Message));
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    public async Task ContentType_Wrong_Is415(string contentType)
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([]), contentType);
        Assert.Equal((415, "3", $"invalid gRPC request content-type \"{contentType}\""), (answer.HttpStatus, answer.Status, answer.Message));
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc;charset=x")]
    public async Task ContentType_WithSubtype_IsServed(string contentType)
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([7]), contentType);
        Assert.Equal("0", answer.Status);
    }

    [Fact]
    public async Task HttpMethod_NotPost_Is405()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([]), method: HttpMethod.Put);
        Assert.Equal((405, "13", "Received a HEADERS frame with :method \"PUT\" which should be POST"), (answer.HttpStatus, answer.Status, answer.Message));
    }

    [Theory]
    [InlineData("1", "malformed grpc-timeout: transport: timeout string is too short: \"1\"")]
    [InlineData("123456789S", "malformed grpc-timeout: transport: timeout string is too long: \"123456789S\"")]
    [InlineData("10x", "malformed grpc-timeout: transport: timeout unit is not recognized: \"10x\"")]
    public async Task Timeout_Malformed_Is400Internal(string timeout, string message)
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([]), headers: ("grpc-timeout", timeout));
        Assert.Equal((400, "13", message), (answer.HttpStatus, answer.Status, answer.Message));
    }

    [Fact]
    public async Task Encoding_Unknown_IsUnimplementedWhateverTheFlag()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([1]), headers: ("grpc-encoding", "gzip"));
        Assert.Equal(("12", "grpc: Decompressor is not installed for grpc-encoding \"gzip\""), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Flag_CompressedWithoutEncoding_IsInternal()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([1], flag: 1));
        Assert.Equal(("13", "grpc: compressed flag set with identity or empty encoding"), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Flag_Unknown_IsInternal()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([1], flag: 7));
        Assert.Equal(("13", "grpc: received unexpected payload format 7"), (answer.Status, answer.Message));
    }

    [Theory]
    [InlineData(1000, "0", null)]
    [InlineData(1001, "8", "grpc: received message larger than max (1001 vs. 1000)")]
    public async Task Message_AtTheLimit_IsServedAndAboveRefused(int length, string status, string? message)
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame(new byte[length]));
        Assert.Equal((status, message), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Message_AnnouncedHuge_IsRefusedByItsPrefixAlone()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([1], length: int.MaxValue));
        Assert.Equal(("8", "grpc: received message larger than max (2147483647 vs. 1000)"), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Body_Truncated_IsInternal()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", RawCall.Frame([1, 2], length: 3));
        Assert.Equal(("13", "unexpected EOF"), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Body_Empty_IsInternal()
    {
        var answer = await _raw.SendAsync(_host.Endpoint, "/test.Test/Echo", []);
        Assert.Equal("13", answer.Status);
        Assert.Equal(GrpcTexts.NoRequestMessage, answer.Message);
    }

    [Fact]
    public async Task OtherRequests_GoOnToTheRestOfThePipeline()
    {
        using var http = new HttpClient();
        Assert.Equal("plain HTTP/1.1", await (await http.GetAsync(_host.Endpoint + "/version")).Content.ReadAsStringAsync());
        var answer = await _raw.SendAsync(_host.Endpoint, "/version", body: null, method: HttpMethod.Get);
        Assert.Equal("plain HTTP/2", System.Text.Encoding.ASCII.GetString(answer.Body));
    }

    [Fact]
    public void Table_SamePathTwiceOrWrongShape_IsRefused()
    {
        var table = new GrpcServiceTable();
        table.AddEcho();
        Assert.Throws<ArgumentException>(table.AddEcho);
        Assert.Throws<ArgumentException>(() => table.Duplex(TestMethods.Sum, (_, _, _) => ValueTask.CompletedTask));
    }
}

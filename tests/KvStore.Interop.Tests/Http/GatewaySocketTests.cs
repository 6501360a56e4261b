using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Http;

/// <summary>The gateway over a WebSocket beside etcd's: the same messages get the same messages.</summary>
public sealed class GatewaySocketTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What is sent, and how many messages come in turn. In base64: YQ== is "a".</summary>
    private static readonly (string Path, (string Message, int Answers)[] Turns)[] Conversations =
    [
        ("/v3/watch",
        [
            ("""{"create_request":{"key":"YQ=="}}""", 1), ("""{"create_request":{"key":"YQ==","watch_id":"7"}}{"create_request":{"key":"YQ==","watch_id":"8"}}""", 2),
            ("""{"cancel_request":{"watch_id":"7"}}""", 1), ("""{"create_request":{"key":"YQ==","watch_id":"8"}}""", 1), ("garbage", 0),
        ]),
        ("/v3beta/watch", [("""{"createRequest":{"key":"YQ==","startRevision":"1"}}""", 2)]),
        ("/v3/lease/keepalive", [("""{"ID":"5"}""", 1), ("""{"ID":"6"}""", 1)]),
        ("/v3/kv/range", [("""{"key":"YQ=="}""", 1)]),
        ("/v3/kv/range", [("{}", 1)]),
        ("/v3/nothing", [("{}", 1)]),
    ];

    [Fact]
    public async Task Conversations_OverAWebSocket_AreThoseOfEtcd()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"));
        var expected = await TalkAsync(etcd);
        var actual = await TalkAsync(ours);
        Assert.Equal(expected, actual);
        Assert.Equal(Conversations.Sum(conversation => conversation.Turns.Sum(turn => turn.Answers)), expected.Count);
    }

    /// <summary>A web page cannot set headers: its token comes as a protocol, and is judged like any other (etcd knows "Bearer" since 3.6).</summary>
    [Fact]
    public async Task Token_AsAProtocol_IsTheCallers()
    {
        using var folder = new TestFolder();
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"));
        ours.Start();
        await ours.UntilReadyAsync();
        foreach (var (path, body) in new[]
        {
            ("auth/user/add", """{"name":"root","password":"pw"}"""), ("auth/role/add", """{"name":"root"}"""), ("auth/user/grant", """{"user":"root","role":"root"}"""), ("auth/enable", "{}"),
        })
            await AskAsync(ours, path, body);
        var token = (await AskAsync(ours, "auth/authenticate", """{"name":"root","password":"pw"}"""))["token"]!.ToString();
        Assert.Contains("\"users\":[\"root\"]", Assert.Single(await TalkAsync(ours, "/v3/auth/user/list", [("{}", 1)], token)), StringComparison.Ordinal);
        Assert.Contains("user name is empty", Assert.Single(await TalkAsync(ours, "/v3/auth/user/list", [("{}", 1)])), StringComparison.Ordinal);
    }

    /// <summary>A client that closes its socket ends its watch.</summary>
    [Fact]
    public async Task Watch_WhoseSocketIsClosed_Ends()
    {
        using var folder = new TestFolder();
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"));
        ours.Start();
        await ours.UntilReadyAsync();
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{ours.Endpoint}/v3/watch"), limit.Token);
        await socket.SendAsync("""{"create_request":{"key":"YQ=="}}"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        await ReceiveAsync(socket, limit.Token);
        await UntilWatchersAsync(ours, 1, limit.Token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        await UntilWatchersAsync(ours, 0, limit.Token);
    }

    private static async Task UntilWatchersAsync(ServerProcess server, int count, CancellationToken limit)
    {
        using var http = new HttpClient();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!(await http.GetStringAsync(new Uri($"http://{server.Endpoint}/metrics"), limit)).Contains($"\netcd_debugging_mvcc_watcher_total {count}\n", StringComparison.Ordinal))
            await poll.WaitForNextTickAsync(limit);
    }

    private static async Task<List<string>> TalkAsync(ServerProcess server)
    {
        server.Start();
        await server.UntilReadyAsync();
        await AskAsync(server, "kv/put", """{"key":"YQ==","value":"YQ=="}""");
        var said = new List<string>();
        foreach (var (path, turns) in Conversations)
            said.AddRange(await TalkAsync(server, path, turns));
        return said;
    }

    private static async Task<List<string>> TalkAsync(ServerProcess server, string path, (string Message, int Answers)[] turns, string? token = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new ClientWebSocket();
        foreach (var protocol in token is null ? [] : new[] { "Bearer", token })
            socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(new Uri($"ws://{server.Endpoint}{path}"), limit.Token);
        var said = new List<string>();
        foreach (var (message, answers) in turns)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
            for (var i = 0; i < answers; i++)
                said.Add(GatewayPeer.Normalized(await ReceiveAsync(socket, limit.Token)));
        }

        return said;
    }

    private static async Task<string> ReceiveAsync(WebSocket socket, CancellationToken limit)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(length), limit);
            length += received.Count;
        }
        while (!received.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static async Task<JsonNode> AskAsync(ServerProcess server, string path, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body);
        using var answer = await http.PostAsync(new Uri($"http://{server.Endpoint}/v3/{path}"), content);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }
}

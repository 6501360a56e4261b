using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KvStore.Interop.Tests.Http;

/// <summary>One of the two servers, asked in JSON; its answers with what is the server's own replaced by a name.</summary>
internal sealed class GatewayPeer(string endpoint) : IDisposable
{
    /// <summary>Names and numbers of this server, sizes of its files, positions in its log, and times.</summary>
    private static readonly string[] Own =
    [
        "cluster_id", "member_id", "raft_term", "dbSize", "dbSizeInUse", "leader_id", "raftIndex", "raftTerm", "raftAppliedIndex",
    ];

    /// <summary>Stands for what is the server's own.</summary>
    private const string OwnValue = "own";

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(20) };

    public async Task<string> AskAsync(GatewayRequest request)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri($"http://{endpoint}{request.Path}"));
        if (request.Body.Length > 0 || request.Method == "POST")
            message.Content = new ByteArrayContent(request.Body);
        if (request.Header is { } header && !message.Headers.TryAddWithoutValidation(header.Name, header.Value))
            message.Content!.Headers.TryAddWithoutValidation(header.Name, header.Value);
        try
        {
            return await ReadAsync(request, message);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return "no answer: " + (broken.InnerException ?? broken).Message;
        }
    }

    /// <summary>A value that was not compared.</summary>
    public static bool IsOwn(JsonNode value) => value is JsonValue && value.ToString() == OwnValue;

    public void Dispose() => _http.Dispose();

    private async Task<string> ReadAsync(GatewayRequest request, HttpRequestMessage message)
    {
        using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        var body = request.Lines is > 0 and var lines ? await ReadLinesAsync(response, lines) : await response.Content.ReadAsStringAsync();
        return $"{(int)response.StatusCode} {response.Content.Headers.ContentType} {Known(response)}\n{Normalize(body)}";
    }

    private static string Known(HttpResponseMessage response) => string.Join(' ', response.Headers
        .Where(header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase) || header.Key.StartsWith("Grpc-", StringComparison.OrdinalIgnoreCase))
        .OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => $"{header.Key}={string.Join(',', header.Value)}"));

    private static async Task<string> ReadLinesAsync(HttpResponseMessage response, int lines)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var text = new StringBuilder();
        for (var i = 0; i < lines && await reader.ReadLineAsync() is { } line; i++)
            text.Append(line).Append('\n');
        return text.ToString();
    }

    private static string Normalize(string body)
    {
        var lines = body.Split('\n').Select(line =>
        {
            try
            {
                return JsonNode.Parse(line) is { } node ? Sorted(node).ToJsonString() : line;
            }
            catch (JsonException)
            {
                return line;
            }
        });
        return string.Join('\n', lines);
    }

    private static JsonNode Sorted(JsonNode node) => node switch
    {
        JsonObject fields => new JsonObject(fields.OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => KeyValuePair.Create(field.Key, field.Value is null ? null : Shown(field.Key, field.Value, fields)))),
        JsonArray array => new JsonArray([.. array.Select(element => element is null ? null : Sorted(element))]),
        _ => node.DeepClone(),
    };

    private static JsonNode Shown(string name, JsonNode value, JsonObject parent)
    {
        if (Own.Contains(name))
            return OwnValue;
        // A member's id and addresses; leases are numbered by the requests.
        if (parent.ContainsKey("peerURLs") && name is "ID" or "clientURLs" or "peerURLs")
            return OwnValue;
        // Go words what is wrong with the JSON, with a blank that changes from build to build; ours are other words.
        if (name == "message" && parent["code"]?.ToString() == "3" && value.ToString() is var text && !text.StartsWith("etcdserver: ", StringComparison.Ordinal))
            return "not a request";
        // By etcd's own transport or by the call, whichever was first.
        if (name == "message" && parent["code"]?.ToString() == "4")
            return "deadline";
        if (name == "TTL" && parent.ContainsKey("grantedTTL"))
            return string.Create(CultureInfo.InvariantCulture, $"{(long.Parse(value.ToString(), CultureInfo.InvariantCulture) + 9) / 10}0 or less");
        return Sorted(value);
    }
}

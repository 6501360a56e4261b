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
        "cluster_id", "member_id", "raft_term", "dbSize", "dbSizeInUse", "leader_id", "raftIndex", "raftTerm", "raftAppliedIndex", "token", "blob",
        "remaining_bytes", "version",
    ];

    /// <summary>Fields that etcd 3.5 does not have.</summary>
    private static readonly string[] New = ["storageVersion", "dbSizeQuota", "downgradeInfo", "hash_revision"];

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Stands for what is the server's own.</summary>
    private const string OwnValue = "own";

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(20) };

    public async Task<string> AskAsync(GatewayRequest request) =>
        await SendAsync(request) is var answer && answer.Status == 0 ? answer.Body : $"{answer.Status} {answer.Head}\n{Normalized(answer.Body)}";

    /// <summary>The answer as it came; status 0 and the reason as its body when there was none.</summary>
    public async Task<GatewayAnswer> SendAsync(GatewayRequest request)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri($"http://{endpoint}{request.Path}"));
        if (request.Body.Length > 0 || request.Method == "POST")
            message.Content = new ByteArrayContent(Named(request.Body));
        foreach (var (name, value) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
                message.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            return await ReadAsync(request, message);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return new GatewayAnswer(0, "", "no answer: " + (broken.InnerException ?? broken).Message);
        }
    }

    /// <summary>A value that was not compared.</summary>
    public static bool IsOwn(JsonNode value) => value is JsonValue && value.ToString() == OwnValue;

    public void Dispose() => _http.Dispose();

    private async Task<GatewayAnswer> ReadAsync(GatewayRequest request, HttpRequestMessage message)
    {
        using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        var body = request.Lines is > 0 and var lines ? await ReadLinesAsync(response, lines) : await response.Content.ReadAsStringAsync();
        Remember(request.Path, body);
        return new GatewayAnswer((int)response.StatusCode, $"{response.Content.Headers.ContentType} {Known(response)}", body);
    }

    /// <summary>
    /// What only this server can name: itself (@self), the member it added last (@member), the leadership it gave last (@leader), the
    /// version below its own (@down).
    /// </summary>
    private byte[] Named(byte[] body)
    {
        if (!body.Contains((byte)'@'))
            return body;
        var text = Encoding.UTF8.GetString(body);
        return Encoding.UTF8.GetBytes(_names.Aggregate(text, (named, name) => named.Replace(name.Key, name.Value, StringComparison.Ordinal)));
    }

    private void Remember(string path, string body)
    {
        if (!body.StartsWith('{') || body.Contains('\n') || JsonNode.Parse(body) is not JsonObject answer)
            return;
        if (answer["header"]?["member_id"] is { } self)
            _names["@self"] = self.ToString();
        if (path.EndsWith("/member/add", StringComparison.Ordinal) && answer["member"]?["ID"] is { } member)
            _names["@member"] = member.ToString();
        if (answer["leader"] is JsonObject leader)
            _names["\"@leader\""] = leader.ToJsonString();
        if (path.EndsWith("/maintenance/status", StringComparison.Ordinal) && answer["version"] is { } version)
            _names["@down"] = string.Create(CultureInfo.InvariantCulture, $"3.{int.Parse(version.ToString().Split('.')[1], CultureInfo.InvariantCulture) - 1}");
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

    /// <summary>An answer without what is the server's own.</summary>
    public static string Normalized(string body)
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
        JsonObject fields => new JsonObject(fields.Where(field => !IsUnequal(field.Key, fields)).OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => KeyValuePair.Create(field.Key, field.Value is null ? null : Shown(field.Key, field.Value, fields)))),
        // By their ids, which are not told.
        JsonArray { Count: > 1 } members when members[0] is JsonObject first && first.ContainsKey("peerURLs") =>
            new JsonArray([.. members.Select(member => Sorted(member!)).OrderBy(member => member.ToJsonString(), StringComparer.Ordinal)]),
        JsonArray array => new JsonArray([.. array.Select(element => element is null ? null : Sorted(element))]),
        _ => node.DeepClone(),
    };

    private static bool IsUnequal(string name, JsonObject fields) =>
        New.Contains(name) || (fields.ContainsKey("blob") && name is ("remaining_bytes" or "version"));

    private static JsonNode Shown(string name, JsonNode value, JsonObject parent)
    {
        if (Own.Contains(name) && !(name == "version" && parent.ContainsKey("create_revision")))
            return OwnValue;
        // The id of a member; the key of an election is compared.
        if (name == "leader" && value is JsonValue)
            return OwnValue;
        // Of the file, which only etcd has; that of the key space (beside its compact revision) is compared.
        if (name == "hash" && !parent.ContainsKey("compact_revision"))
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

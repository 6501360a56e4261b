using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using KvStore.Api.Gateway;
using KvStore.Interop.Tests.Http;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// One of the two servers, asked the requests of the sequence as JSON. Its answer is read back into the message it stands for, so that
/// it is compared as every other is; how it was written (status, headers, which fields, numbers or strings) is compared beside it.
/// </summary>
internal sealed class JsonPeer(string endpoint) : IDisposable
{
    private static readonly JsonParser Reader = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private static readonly Dictionary<string, string[]> Paths = GatewayRoutes.All
        .GroupBy(route => $"/{route.Value.Service.FullName}/{route.Value.Name}", route => route.Key)
        .ToDictionary(group => group.Key, group => group.Order(StringComparer.Ordinal).ToArray());

    private readonly GatewayPeer _gateway = new(endpoint);

    /// <summary>The paths of a method; more than one where an old one is still answered.</summary>
    public static string[] PathsOf(string method) => Paths[method];

    /// <summary>The first message of the answer, or the refusal in its place, and the form of what came.</summary>
    public async Task<(IMessage? Response, string Error, string Form)> AskAsync(RandomRequest request, string path, byte[] body, string? token)
    {
        var isStream = GatewayRoutes.All[path].IsServerStreaming;
        var answer = await _gateway.SendAsync(new GatewayRequest(path, "POST", path, token is null ? [] : [("Authorization", token)], body, isStream ? 1 : null));
        var json = Parse(answer.Body.Trim());
        if (json is null)
            return (null, $"not JSON: {answer.Body}", $"{answer.Status} {answer.Head}");
        var form = new SortedSet<string>(StringComparer.Ordinal);
        AddForm(form, "", json);
        var how = $"{answer.Status} {answer.Head}: {string.Join(' ', form)}";
        var message = isStream && json["result"] is { } result ? result : json;
        return message["code"] is { } || message["error"] is { }
            ? (null, Refusal(message["error"] is JsonObject inner ? inner : message), how)
            : (Reader.Parse(message.ToJsonString(), GatewayRoutes.All[path].OutputType), "", how);
    }

    public void Dispose() => _gateway.Dispose();

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As <see cref="Peer"/> writes it. Go words what is wrong with JSON in words that change from build to build.</summary>
    private static string Refusal(JsonNode error)
    {
        var code = (Grpc.StatusCode)int.Parse((error["code"] ?? error["grpc_code"])!.ToString(), CultureInfo.InvariantCulture);
        var text = error["message"]?.ToString() ?? "";
        return code == Grpc.StatusCode.InvalidArgument && !text.StartsWith("etcdserver: ", StringComparison.Ordinal) ? "not a request" : $"{code}: {text}";
    }

    private static void AddForm(SortedSet<string> form, string path, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields)
                    AddForm(form, $"{path}.{name}", value);
                break;
            case JsonArray array:
                foreach (var element in array)
                    AddForm(form, path + "[]", element);
                break;
            default:
                form.Add($"{path}:{node?.GetValueKind().ToString() ?? "null"}");
                break;
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using KvStore.Api.Gateway;
using KvStore.Testing;

namespace KvStore.Interop.Tests.Http;

/// <summary>
/// Which paths, rpcs, fields and values of enumerations stood in requests and answers that both gateways gave alike. Fields whose values
/// are a server's own, and so are not compared, do not count.
/// </summary>
internal sealed class ComparedMessages(Witness witness)
{
    /// <param name="request">What both were asked.</param>
    /// <param name="answer">What both answered, as <see cref="GatewayPeer"/> tells it.</param>
    public void Add(GatewayRequest request, string answer)
    {
        if (!answer.StartsWith("200", StringComparison.Ordinal) || !GatewayRoutes.All.TryGetValue(request.Path, out var method))
            return;
        var lines = answer.Split('\n').Skip(1).Select(TryParse).OfType<JsonObject>().ToArray();
        if (method.IsServerStreaming)
            lines = [.. lines.Select(line => line["result"]).OfType<JsonObject>()];
        if (lines.Length == 0)
            return;
        witness.Saw("path " + request.Path);
        witness.Saw($"rpc /{method.Service.FullName}/{method.Name}");
        foreach (var asked in Values(request.Body))
            AddFields(method.InputType, asked);
        foreach (var line in lines)
            AddFields(method.OutputType, line);
    }

    private void AddFields(MessageDescriptor message, JsonObject json)
    {
        foreach (var (name, value) in json)
        {
            var field = message.Fields.InDeclarationOrder().FirstOrDefault(field => field.Name == name || field.JsonName == name);
            if (field is null || value is null || GatewayPeer.IsOwn(value))
                continue;
            foreach (var one in value is JsonArray many ? many.OfType<JsonNode>() : [value])
                AddValue(field, one);
        }
    }

    private void AddValue(FieldDescriptor field, JsonNode value)
    {
        witness.Saw("field " + field.FullName);
        if (field.FieldType == FieldType.Message && value is JsonObject inner)
            AddFields(field.MessageType, inner);
        else if (field.FieldType == FieldType.Enum && field.EnumType.Values.FirstOrDefault(known => known.Name == value.ToString()) is { } known)
            witness.Saw($"value {known.FullName}");
    }

    /// <summary>The objects of a body, one after the other; what follows the last whole one is left.</summary>
    private static List<JsonObject> Values(byte[] body)
    {
        var values = new List<JsonObject>();
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = true });
        try
        {
            while (reader.Read() && JsonNode.Parse(ref reader) is JsonObject value)
                values.Add(value);
        }
        catch (JsonException)
        {
            // Both servers have read as far.
        }

        return values;
    }

    private static JsonNode? TryParse(string text)
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
}

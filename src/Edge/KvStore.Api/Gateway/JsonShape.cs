using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace KvStore.Api.Gateway;

/// <summary>The fields of a message by the names JSON may give them: the proto's own and its camel-case form.</summary>
internal sealed class JsonShape
{
    private static readonly ConcurrentDictionary<MessageDescriptor, JsonShape> Known = new();

    private readonly FrozenDictionary<string, FieldDescriptor> _fields;

    private JsonShape(MessageDescriptor message)
    {
        var names = new Dictionary<string, FieldDescriptor>(StringComparer.Ordinal);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            names[field.Name] = field;
            names[field.JsonName] = field;
        }

        _fields = names.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static JsonShape Of(MessageDescriptor message) => Known.GetOrAdd(message, static message => new JsonShape(message));

    /// <summary>Null for a name the message does not have.</summary>
    public FieldDescriptor? Find(string name) => _fields.GetValueOrDefault(name);
}

using Google.Protobuf;
using KvStore.Mvcc;
using KvStore.Primitives;
using KeyValue = KvStore.Protocol.Mvcc.KeyValue;

namespace KvStore.Node.Tests.Watch;

/// <summary>One change as it happened; the previous one is the live version of the key before it.</summary>
internal sealed class ModelItem
{
    public ModelItem(ItemRevision place, string key, string? value, ModelItem? previous)
    {
        Place = place;
        Key = key;
        IsDelete = value is null;
        Previous = previous;
        var message = new KeyValue { Key = ByteString.CopyFromUtf8(key), ModRevision = place.Main.Value };
        if (value is not null)
        {
            message.Value = ByteString.CopyFromUtf8(value);
            message.CreateRevision = previous is null ? place.Main.Value : previous.Message.CreateRevision;
            message.Version = previous is null ? 1 : previous.Message.Version + 1;
        }

        Message = message;
        KeyValue = message.ToByteArray();
    }

    public ItemRevision Place { get; }

    public string Key { get; }

    public bool IsDelete { get; }

    public ModelItem? Previous { get; }

    public KeyValue Message { get; }

    public byte[] KeyValue { get; }

    public WatchEvent ToEvent(bool withPrevious) => new(
        IsDelete ? WatchEventType.Delete : WatchEventType.Put,
        Place,
        System.Text.Encoding.UTF8.GetBytes(Key),
        KeyValue,
        withPrevious ? Previous?.Place : null);
}

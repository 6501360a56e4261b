using Google.Protobuf;
using KvStore.Mvcc;
using KvStore.Primitives;
using KeyValue = KvStore.Protocol.Mvcc.KeyValue;

namespace KvStore.Node.Tests.Watch;

/// <summary>
/// One change as it happened. What it replaced is the live version it found; the previous one, for prev_kv, is what was live
/// before its revision, and nothing for a key created in it.
/// </summary>
internal sealed class ModelItem
{
    public ModelItem(ItemRevision place, string key, string? value, ModelItem? replaced, ModelItem? before)
    {
        Place = place;
        Key = key;
        IsDelete = value is null;
        var message = new KeyValue { Key = ByteString.CopyFromUtf8(key), ModRevision = place.Main.Value };
        if (value is not null)
        {
            message.Value = ByteString.CopyFromUtf8(value);
            message.CreateRevision = replaced is null ? place.Main.Value : replaced.Message.CreateRevision;
            message.Version = replaced is null ? 1 : replaced.Message.Version + 1;
        }

        Previous = message.CreateRevision == place.Main.Value ? null : before;
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

namespace KvStore.Mvcc;

/// <summary>The numbers of <c>mvccpb.Event.EventType</c>.</summary>
public enum WatchEventType : byte
{
    Put = 0,
    Delete = 1,
}

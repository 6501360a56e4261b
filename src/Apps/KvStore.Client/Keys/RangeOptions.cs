using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>How a range of keys is read.</summary>
public sealed record RangeOptions : ReadOptions
{
    /// <summary>The most entries that are returned; 0 means all. The answer says whether there are more.</summary>
    public long EntriesMax { get; init; }

    /// <summary>Leaves the values away.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>By what the entries are ordered. Anything but the key makes the member read the whole range first.</summary>
    public KeyOrder OrderBy { get; init; }

    /// <summary>Last first.</summary>
    public bool IsDescending { get; init; }

    internal RangeRequest ToRequest(KeyRange range) => new()
    {
        Key = range.Key,
        RangeEnd = range.End,
        Revision = AtRevision.Value,
        Serializable = IsSerializable,
        Limit = EntriesMax,
        KeysOnly = KeysOnly,
        SortTarget = OrderBy switch
        {
            KeyOrder.CreateRevision => RangeRequest.Types.SortTarget.Create,
            KeyOrder.ModRevision => RangeRequest.Types.SortTarget.Mod,
            KeyOrder.Version => RangeRequest.Types.SortTarget.Version,
            KeyOrder.Value => RangeRequest.Types.SortTarget.Value,
            _ => RangeRequest.Types.SortTarget.Key,
        },
        SortOrder = (OrderBy, IsDescending) switch
        {
            (_, true) => RangeRequest.Types.SortOrder.Descend,
            (KeyOrder.Key, false) => RangeRequest.Types.SortOrder.None,
            _ => RangeRequest.Types.SortOrder.Ascend,
        },
    };
}

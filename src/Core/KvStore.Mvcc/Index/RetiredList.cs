namespace KvStore.Mvcc.Index;

/// <summary>What a tree no longer refers to, with the batch from which on a reader may have seen it (0: not known, any).</summary>
internal sealed class RetiredList
{
    private Retired[] _items = new Retired[16];

    private enum Kind : byte
    {
        Leaf,
        Inner,
        Record,
        Key,
    }

    public int Count { get; private set; }

    public int Capacity => _items.Length;

    public void AddLeaf(uint number, long seenFrom) => Add(new Retired(Kind.Leaf, number, seenFrom));

    public void AddInner(uint number, long seenFrom) => Add(new Retired(Kind.Inner, number, seenFrom));

    public void AddRecord(uint number) => Add(new Retired(Kind.Record, number, 0));

    public void AddKey(uint reference) => Add(new Retired(Kind.Key, reference, 0));

    /// <summary>Moves everything to another list and stays empty.</summary>
    public void MoveTo(RetiredList destination)
    {
        if (destination.Count == 0)
        {
            (_items, destination._items) = (destination._items, _items);
            (Count, destination.Count) = (0, Count);
            return;
        }

        for (var i = 0; i < Count; i++)
            destination.Add(_items[i]);
        Count = 0;
    }

    /// <summary>Frees what nobody older can see; the rest goes to the next older version that is still held.</summary>
    public void Release(IndexSlabs slabs, RetiredList? older, long olderNumber)
    {
        for (var i = 0; i < Count; i++)
        {
            ref var item = ref _items[i];
            if (older is not null && olderNumber >= item.SeenFrom)
                older.Add(item);
            else
                Free(slabs, item);
        }

        Count = 0;
    }

    private static void Free(IndexSlabs slabs, in Retired item)
    {
        switch (item.Kind)
        {
            case Kind.Leaf:
                slabs.Leaves.Free(item.Number);
                break;
            case Kind.Inner:
                slabs.Inners.Free(item.Number);
                break;
            case Kind.Record:
                slabs.Records.Free(item.Number);
                break;
            default:
                slabs.Keys.Free(item.Number);
                break;
        }
    }

    private void Add(in Retired item)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, _items.Length * 2);
        _items[Count++] = item;
    }

    private readonly record struct Retired(Kind Kind, uint Number, long SeenFrom);
}

using KvStore.Primitives;

namespace KvStore.Simulation.Disk;

/// <summary>The names in a directory, as the process sees them and as they were last synced, with the changes between the two.</summary>
internal sealed class DirectoryNode : DiskNode
{
    private readonly List<Change> _unsynced = [];
    private readonly SortedDictionary<string, DiskNode> _durable = new(StringComparer.Ordinal);

    public SortedDictionary<string, DiskNode> Names { get; private set; } = new(StringComparer.Ordinal);

    public void Set(string name, DiskNode node) => Make(new Change(name, node, null));

    public void Remove(string name) => Make(new Change(name, null, null));

    /// <summary>Both halves of a rename survive or neither does.</summary>
    public void Rename(string from, string to, DiskNode node) => Make(new Change(to, node, from));

    public void Sync()
    {
        foreach (var change in _unsynced)
            change.Apply(_durable);
        _unsynced.Clear();
    }

    public void CopyDurableTo(DirectoryNode target)
    {
        foreach (var (name, node) in _durable)
        {
            if (node is DirectoryNode directory)
            {
                var child = new DirectoryNode();
                directory.CopyDurableTo(child);
                target.Set(name, child);
            }
            else
            {
                target.Set(name, ((Inode)node).CopyOfDurable());
            }
        }

        target.Sync();
    }

    public void LosePower(PowerLoss loss, Prng prng)
    {
        var prefix = loss == PowerLoss.KeepPrefix ? prng.Below(_unsynced.Count + 1) : 0;
        for (var i = 0; i < _unsynced.Count; i++)
        {
            var kept = loss switch
            {
                PowerLoss.LoseAll => false,
                PowerLoss.KeepAll => true,
                PowerLoss.KeepPrefix => i < prefix,
                _ => prng.Chance(1, 2),
            };
            if (kept)
                _unsynced[i].Apply(_durable);
        }

        _unsynced.Clear();
        Names = new SortedDictionary<string, DiskNode>(_durable, StringComparer.Ordinal);
    }

    private void Make(Change change)
    {
        change.Apply(Names);
        _unsynced.Add(change);
    }

    private readonly record struct Change(string Name, DiskNode? Node, string? From)
    {
        public void Apply(SortedDictionary<string, DiskNode> names)
        {
            if (From is not null)
                names.Remove(From);
            if (Node is null)
                names.Remove(Name);
            else
                names[Name] = Node;
        }
    }
}

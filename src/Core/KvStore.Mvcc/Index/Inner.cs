using System.Runtime.CompilerServices;

namespace KvStore.Mvcc.Index;

/// <summary>An inner node: children, and for each child what is known about the keys below it.</summary>
internal struct Inner
{
    public Slots Slots;

    /// <summary>For each child: no key below it came into being or ceased to be after this main revision.</summary>
    public Int64Slots LivenessChanged;

    /// <summary>For each child: how many keys below it are live.</summary>
    public Slots.UInt32Slots Live;

    /// <summary>The batch that made this copy; only that batch may change it in place.</summary>
    public long Batch;

    public readonly (long Live, long LivenessChanged) Total()
    {
        long live = 0;
        long changed = 0;
        for (var slot = 0; slot < Slots.Count; slot++)
        {
            live += Live[slot];
            changed = Math.Max(changed, LivenessChanged[slot]);
        }

        return (live, changed);
    }

    public void OpenChild(int slot)
    {
        Span<long> changed = LivenessChanged;
        Span<uint> live = Live;
        changed[slot..(Slots.Capacity - 1)].CopyTo(changed[(slot + 1)..]);
        live[slot..(Slots.Capacity - 1)].CopyTo(live[(slot + 1)..]);
    }

    public void CloseChild(int slot)
    {
        Span<long> changed = LivenessChanged;
        Span<uint> live = Live;
        changed[(slot + 1)..].CopyTo(changed[slot..]);
        live[(slot + 1)..].CopyTo(live[slot..]);
    }

    /// <summary>Appends what is known about the children from a slot on to another node, before the slots themselves.</summary>
    public readonly void CopyTail(int from, ref Inner destination)
    {
        var copied = Slots.Count - from;
        int end = destination.Slots.Count;
        ((ReadOnlySpan<long>)LivenessChanged).Slice(from, copied).CopyTo(((Span<long>)destination.LivenessChanged)[end..]);
        ((ReadOnlySpan<uint>)Live).Slice(from, copied).CopyTo(((Span<uint>)destination.Live)[end..]);
    }

    [InlineArray(Slots.Capacity)]
    public struct Int64Slots
    {
        private long _first;
    }
}

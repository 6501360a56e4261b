using System.Runtime.InteropServices;
using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>The leases by id, in slabs, so that growing by a lease never copies the others.</summary>
internal sealed class LeaseTable
{
    // 1024 slots of about 64 bytes: below the large-object threshold, and a thousand slabs for a million leases.
    private const int SlabSlots = 1024;

    private readonly Dictionary<LeaseId, int> _places = [];
    private readonly List<LeaseSlot[]> _slabs = [];
    private readonly Stack<int> _free = new();
    private int _used;

    public int Count => _places.Count;

    /// <summary>Every place ever used, in order; a free one has no id.</summary>
    public int PlacesUsed => _used;

    public bool Contains(LeaseId lease) => _places.ContainsKey(lease);

    public bool TryFind(LeaseId lease, out int place) => _places.TryGetValue(lease, out place);

    public ref LeaseSlot this[int place] => ref _slabs[place / SlabSlots][place % SlabSlots];

    public ref LeaseSlot Add(LeaseId lease)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, lease, out var exists);
        Check.That(!exists, "a lease is granted once");
        if (!_free.TryPop(out var place))
        {
            place = _used++;
            if (place / SlabSlots == _slabs.Count)
                _slabs.Add(new LeaseSlot[SlabSlots]);
        }

        entry = place;
        ref var slot = ref this[place];
        slot = new LeaseSlot { Id = lease };
        return ref slot;
    }

    public void Remove(LeaseId lease)
    {
        var removed = _places.Remove(lease, out var place);
        Check.That(removed, "a lease that is removed exists");
        this[place] = default;
        _free.Push(place);
    }
}

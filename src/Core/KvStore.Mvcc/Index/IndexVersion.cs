using System.Threading;
using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>A published state of the store, and who still holds it: the publication itself, until the next one, and every open view.</summary>
internal sealed class IndexVersion
{
    private int _holders = 1;

    public IndexVersion(long number, IndexRoot root, Revision current, Revision compacted, RetiredList retired)
    {
        Retired = retired;
        Number = number;
        Root = root;
        Current = current;
        Compacted = compacted;
    }

    public long Number { get; }

    public IndexRoot Root { get; }

    public Revision Current { get; }

    public Revision Compacted { get; }

    /// <summary>What newer versions do not refer to any more but this one, or an older one, may. Apply lane only.</summary>
    public RetiredList Retired { get; }

    /// <summary>Of the published version: whether a view holds it beside the publication.</summary>
    public bool HasReaders => Volatile.Read(ref _holders) > 1;

    /// <summary>Views of it that are open, the publication not counted. Any thread; of the moment.</summary>
    public int Readers => Math.Max(Volatile.Read(ref _holders) - 1, 0);

    public bool IsHeld => Volatile.Read(ref _holders) > 0;

    /// <summary>Any thread. False when nobody holds it any more: it may be reclaimed at any moment, and a newer one is published.</summary>
    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }

        return false;
    }

    /// <summary>Any thread.</summary>
    public void Release() => Check.That(Interlocked.Decrement(ref _holders) >= 0, "a version is released as often as it is held");
}

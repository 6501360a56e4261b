using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>The append messages on their way to one peer: a ring of (last index, bytes), bounded in both.</summary>
internal sealed class Inflights(int messagesMax, long bytesMax)
{
    // Grows on demand: most peers never have more than a few messages under way.
    private (LogIndex Last, long Bytes)[] _ring = new (LogIndex, long)[Math.Min(messagesMax, 8)];
    private int _start;

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public bool IsFull => Count >= messagesMax || Bytes >= bytesMax;

    public void Add(LogIndex last, long bytes)
    {
        Check.That(!IsFull, "nothing is sent into a full window");
        if (Count == _ring.Length)
            Grow();
        _ring[(_start + Count) % _ring.Length] = (last, bytes);
        Count++;
        Bytes += bytes;
    }

    public void FreeUpTo(LogIndex acknowledged)
    {
        while (Count > 0 && _ring[_start].Last <= acknowledged)
            FreeFirst();
    }

    public void FreeFirst()
    {
        Check.That(Count > 0, "only a message under way is freed");
        Bytes -= _ring[_start].Bytes;
        _start = (_start + 1) % _ring.Length;
        Count--;
    }

    public void Clear()
    {
        _start = 0;
        Count = 0;
        Bytes = 0;
    }

    private void Grow()
    {
        var larger = new (LogIndex, long)[Math.Min(_ring.Length * 2, messagesMax)];
        for (var i = 0; i < Count; i++)
            larger[i] = _ring[(_start + i) % _ring.Length];
        _ring = larger;
        _start = 0;
    }
}

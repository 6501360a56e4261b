using KvStore.Primitives;

namespace KvStore.Load.Workloads;

/// <summary>Which key is next: drawn from the whole space, or one after the other over all clients.</summary>
public sealed class KeySequence(KeySpace keys, bool isSequential)
{
    private long _next = -1;

    public long Next(Prng random) => isSequential
        ? Interlocked.Increment(ref _next) % keys.Count
        : (long)random.Below((ulong)keys.Count);
}

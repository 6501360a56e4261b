using KvStore.Primitives;

namespace KvStore.Api.Calls;

/// <summary>
/// Ids for the calls of one life of one member. The upper 16 bits come from the member, so that the commands of others never
/// answer a call here; the rest counts from a random start, so that neither do the member's own commands of an earlier life,
/// which it may apply again after a restart. Any thread.
/// </summary>
public sealed class RequestIds(MemberId member, ulong entropy)
{
    private const int CounterBits = 48;
    private const ulong CounterMask = (1UL << CounterBits) - 1;

    private readonly ulong _prefix = Fold(member.Value) << CounterBits;
    private ulong _counter = entropy;

    public RequestId Next()
    {
        while (true)
        {
            var id = _prefix | (Interlocked.Increment(ref _counter) & CounterMask);
            // Zero means that nobody waits.
            if (id != 0)
                return new RequestId(id);
        }
    }

    private static ulong Fold(ulong member) => (member ^ (member >> 16) ^ (member >> 32) ^ (member >> 48)) & 0xFFFF;
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace KvStore.Primitives;

/// <summary>
/// Invariants of Core, checked in production too. A broken one means that the state of this process can no longer be
/// trusted: the exception is not handled anywhere below the composition root, which stops the process.
/// </summary>
public static class Check
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void That([DoesNotReturnIf(false)] bool condition, string invariant)
    {
        if (!condition)
            Broken(invariant);
    }

    [DoesNotReturn]
    public static void Broken(string invariant) => throw new InvariantBrokenException(invariant);
}

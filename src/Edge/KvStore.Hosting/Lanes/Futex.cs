using System.Runtime.InteropServices;

namespace KvStore.Hosting;

/// <summary>Linux's futex(2) on words that only this process shares. The C library has no function for it, only the bare system call.</summary>
internal static class Futex
{
    private const int PrivateWait = 0 | PrivateFlag;
    private const int PrivateWake = 1 | PrivateFlag;
    private const int PrivateFlag = 128;

    private static readonly nint Number = NumberOn(RuntimeInformation.ProcessArchitecture);

    /// <summary>Returns when woken, at once when the word is not <paramref name="value"/>, and sometimes for no reason: callers look again.</summary>
    public static void WaitWhile(nint address, int value) => Libc.SystemCall(Number, address, PrivateWait, value, 0, 0, 0);

    public static void WakeOne(nint address) => Libc.SystemCall(Number, address, PrivateWake, 1, 0, 0, 0);

    private static nint NumberOn(Architecture architecture) => architecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 98,
        Architecture.Arm => 240,
        Architecture.Ppc64le => 221,
        Architecture.S390x => 238,
        _ => throw new PlatformNotSupportedException($"no number of futex(2) is known for {architecture}"),
    };
}

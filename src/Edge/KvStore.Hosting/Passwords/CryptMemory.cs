using System.Runtime.InteropServices;

namespace KvStore.Hosting;

/// <summary>
/// What crypt_r works in: <c>struct crypt_data</c>, zeroed, and wiped before it is given back, because it holds the password's key
/// schedule. 32 KiB in libxcrypt, 128 KiB in the glibc before it: as much as the larger.
/// </summary>
internal sealed class CryptMemory : SafeHandle
{
    private const int Bytes = 192 * 1024;
    private static readonly byte[] Zeros = new byte[Bytes];

    public CryptMemory()
        : base(IntPtr.Zero, ownsHandle: true)
    {
        SetHandle(Marshal.AllocHGlobal(Bytes));
        Marshal.Copy(Zeros, 0, handle, Bytes);
    }

    public override bool IsInvalid => handle == IntPtr.Zero;

    protected override bool ReleaseHandle()
    {
        Marshal.Copy(Zeros, 0, handle, Bytes);
        Marshal.FreeHGlobal(handle);
        return true;
    }
}

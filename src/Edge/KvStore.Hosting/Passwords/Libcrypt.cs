using System.Runtime.InteropServices;

namespace KvStore.Hosting;

/// <summary>
/// The one call of the system's libcrypt. Plain DllImport as in <see cref="Libc"/>: numbers, one string, and memory that a handle owns.
/// </summary>
internal static class Libcrypt
{
    private const string Library = "libcrypt.so.1";

    /// <summary>Returns a pointer into <paramref name="work"/>; null, or a text that begins with an asterisk, is a failure.</summary>
    [DllImport(Library, EntryPoint = "crypt_r")]
    public static extern IntPtr Crypt(byte[] password, byte[] setting, CryptMemory work);
}

using KvStore.Platform;
using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace KvStore.Hosting;

/// <summary>bcrypt by the system's libcrypt (libxcrypt on Debian; docs/adr/0010).</summary>
/// <remarks>
/// The form is <c>$2a$cc$</c> and 22 letters of salt and 31 of hash, as Go's bcrypt writes it. libcrypt is asked with <c>$2b$</c>: its
/// <c>$2a$</c> hashes a few passwords in another way, to tell them from those of a defect it once had; its <c>$2b$</c> is what everybody
/// else calls <c>$2a$</c>.
/// </remarks>
public sealed class BcryptPasswords : IPasswordHashes
{
    private const string Letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string Prefix = "$2a$";
    private const string AskedPrefix = "$2b$";
    private const int SaltBytes = 16;
    private const int SettingLength = 29;
    private const int HashLength = 60;

    private static readonly SearchValues<char> KnownLetters = SearchValues.Create(Letters);

    private BcryptPasswords()
    {
    }

    public static BcryptPasswords Instance { get; } = new();

    /// <summary>Whether this system's libcrypt knows bcrypt; asked at start, so that its lack is no surprise later.</summary>
    public static bool IsAvailable
    {
        get
        {
            try
            {
                // A published test vector.
                return Instance.Matches("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe");
            }
            catch (PlatformNotSupportedException)
            {
                return false;
            }
        }
    }

    public string Hash(string password, int cost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cost, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cost, 31);
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = Crypt(password, $"{AskedPrefix}{cost:00}${Encode(salt)}") ?? throw new PlatformNotSupportedException("libcrypt has no bcrypt");
        return string.Concat(Prefix, hash.AsSpan(Prefix.Length));
    }

    public bool Matches(string password, string hash)
    {
        if (!IsHash(hash))
            return false;
        var setting = string.Concat(AskedPrefix, hash.AsSpan(Prefix.Length, SettingLength - Prefix.Length));
        var computed = Crypt(password, setting);
        return computed is not null && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(computed).AsSpan(Prefix.Length), Encoding.ASCII.GetBytes(hash).AsSpan(Prefix.Length));
    }

    private static bool IsHash(string text) =>
        text.Length == HashLength && text[0] == '$' && text[1] == '2' && text[2] is 'a' or 'b' or 'y' && text[3] == '$' && text[6] == '$'
        && text.AsSpan(7).IndexOfAnyExcept(KnownLetters) < 0;

    private static string? Crypt(string password, string setting)
    {
        var bytes = Terminated(password);
        using var memory = new CryptMemory();
        try
        {
            var result = Marshal.PtrToStringUTF8(Libcrypt.Crypt(bytes, Terminated(setting), memory));
            return result is { Length: HashLength } ? result : null;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new PlatformNotSupportedException("passwords need the system's libcrypt (package libcrypt1)", missing);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static byte[] Terminated(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    // bcrypt's own base64: other letters, no padding; the last of the 22 carries two bits.
    private static string Encode(ReadOnlySpan<byte> salt)
    {
        var text = new StringBuilder(22);
        for (var bit = 0; bit < 8 * salt.Length; bit += 6)
        {
            var six = 0;
            for (var i = bit; i < bit + 6; i++)
                six = (six << 1) | (i < 8 * salt.Length ? (salt[i / 8] >> (7 - (i % 8))) & 1 : 0);
            text.Append(Letters[six]);
        }

        return text.ToString();
    }
}

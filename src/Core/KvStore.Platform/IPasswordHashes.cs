namespace KvStore.Platform;

/// <summary>
/// Makes and checks password hashes in bcrypt's text form (<c>$2a$10$…</c>), which etcd stores. Each call takes tens of milliseconds of
/// a processor on purpose; any thread, as many at once as the caller allows.
/// </summary>
/// <remarks>
/// Only the first 72 bytes of a password count, and a password that has a zero byte cannot be hashed: whoever calls refuses both
/// before. A hash that is none matches no password. Throws <see cref="PlatformNotSupportedException"/> where the system has no bcrypt.
/// </remarks>
public interface IPasswordHashes
{
    /// <summary>With a salt of its own from the system's entropy.</summary>
    /// <param name="password">The password.</param>
    /// <param name="cost">The logarithm of the number of rounds: 4 to 31.</param>
    string Hash(string password, int cost);

    bool Matches(string password, string hash);
}

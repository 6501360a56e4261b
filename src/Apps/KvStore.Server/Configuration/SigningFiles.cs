using KvStore.Api.Security;

namespace KvStore.Server.Configuration;

/// <summary>The keys of signed tokens, as --auth-token names them; empty: not given.</summary>
internal sealed record SigningFiles(string Method, string PublicKey, string PrivateKey)
{
    /// <exception cref="ArgumentException">The files hold no such key.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">As above.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public JwtKey Load() => JwtKey.Load(Method, Read(PublicKey), Read(PrivateKey));

    /// <summary>What changes when one of the files is written or swapped: the content, since a mounted secret may keep its times.</summary>
    public string Fingerprint() => $"{Of(PublicKey)} {Of(PrivateKey)}";

    private static byte[]? Read(string file) => file.Length > 0 ? File.ReadAllBytes(file) : null;

    private static string Of(string file) => file.Length > 0 ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))) : "";
}

using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace KvStore.Api.Security;

/// <summary>
/// The key of signed tokens and the method it is used with: RS, PS, ES and HS with 256, 384 and 512. EdDSA is not there, because .NET
/// has no Ed25519. Any thread; the algorithm objects of .NET are for one at a time, so each user takes one and gives it back.
/// </summary>
public sealed class JwtKey : IDisposable
{
    private readonly byte[]? _secret;
    private readonly Func<AsymmetricAlgorithm>? _make;
    private readonly ConcurrentBag<AsymmetricAlgorithm> _spare = [];
    private readonly HashAlgorithmName _hash;
    private readonly RSASignaturePadding _padding = RSASignaturePadding.Pkcs1;

    private JwtKey(string method, bool canSign, byte[]? secret, Func<AsymmetricAlgorithm>? make)
    {
        Method = method;
        CanSign = canSign;
        _secret = secret;
        _make = make;
        _hash = method[2..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        if (method.StartsWith("PS", StringComparison.Ordinal))
            _padding = RSASignaturePadding.Pss;
    }

    /// <summary>The name in the token's header.</summary>
    public string Method { get; }

    /// <summary>False when only the public key is known.</summary>
    public bool CanSign { get; }

    /// <summary>Throws <see cref="CryptographicException"/> or <see cref="ArgumentException"/> with what is wrong.</summary>
    /// <param name="method">RS256, PS384, ES512, HS256 and so on.</param>
    /// <param name="publicKey">PEM; null if not given.</param>
    /// <param name="privateKey">PEM, or for HS the secret itself; null if not given.</param>
    public static JwtKey Load(string method, byte[]? publicKey, byte[]? privateKey)
    {
        if (method.Length != 5 || method[2..] is not ("256" or "384" or "512"))
            throw new ArgumentException("auth: invalid auth signature method");
        switch (method[..2])
        {
            case "HS":
                return privateKey is { Length: > 0 }
                    ? new JwtKey(method, canSign: true, privateKey, make: null)
                    : throw new ArgumentException("auth: missing key data");
            case "RS" or "PS":
                return Load(method, publicKey, privateKey, static () => RSA.Create(), static key => key.ExportSubjectPublicKeyInfo());
            case "ES":
                var loaded = Load(method, publicKey, privateKey, static () => ECDsa.Create(), static key => key.ExportSubjectPublicKeyInfo());
                loaded.CheckCurve();
                return loaded;
            default:
                throw new ArgumentException("auth: invalid auth signature method");
        }
    }

    public byte[] Sign(byte[] data)
    {
        if (_secret is not null)
            return Mac(data);
        var algorithm = Take();
        var signature = algorithm is RSA rsa ? rsa.SignData(data, _hash, _padding) : ((ECDsa)algorithm).SignData(data, _hash);
        _spare.Add(algorithm);
        return signature;
    }

    public bool Verifies(byte[] data, byte[] signature)
    {
        if (_secret is not null)
            return CryptographicOperations.FixedTimeEquals(Mac(data), signature);
        var algorithm = Take();
        var verified = algorithm is RSA rsa ? rsa.VerifyData(data, signature, _hash, _padding) : ((ECDsa)algorithm).VerifyData(data, signature, _hash);
        _spare.Add(algorithm);
        return verified;
    }

    public void Dispose()
    {
        while (_spare.TryTake(out var algorithm))
            algorithm.Dispose();
    }

    private static JwtKey Load<T>(string method, byte[]? publicKey, byte[]? privateKey, Func<T> create, Func<T, byte[]> exportPublic)
        where T : AsymmetricAlgorithm
    {
        var (pem, other) = privateKey is { Length: > 0 } ? (privateKey, publicKey) : (publicKey, null);
        if (pem is not { Length: > 0 })
            throw new ArgumentException("auth: missing key data");
        var text = System.Text.Encoding.UTF8.GetString(pem);
        T Make()
        {
            var algorithm = create();
            algorithm.ImportFromPem(text);
            return algorithm;
        }

        using var first = Make();
        if (other is { Length: > 0 })
        {
            using var second = create();
            second.ImportFromPem(System.Text.Encoding.UTF8.GetString(other));
            if (!exportPublic(first).AsSpan().SequenceEqual(exportPublic(second)))
                throw new ArgumentException("auth: sign and verify keys don't match");
        }

        return new JwtKey(method, canSign: privateKey is { Length: > 0 }, secret: null, Make);
    }

    /// <summary>RFC 7518, 3.4: each method of the ES family has its own curve.</summary>
    private void CheckCurve()
    {
        var algorithm = Take();
        var bits = Method == "ES512" ? 521 : int.Parse(Method.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture);
        if (algorithm.KeySize != bits)
            throw new ArgumentException($"auth: {Method} needs a key of {bits} bits");
        _spare.Add(algorithm);
    }

    private byte[] Mac(byte[] data) => Method switch
    {
        "HS256" => HMACSHA256.HashData(_secret!, data),
        "HS384" => HMACSHA384.HashData(_secret!, data),
        _ => HMACSHA512.HashData(_secret!, data),
    };

    private AsymmetricAlgorithm Take() => _spare.TryTake(out var algorithm) ? algorithm : _make!();
}

using KvStore.Api.Security;
using System.Security.Cryptography;

namespace KvStore.Server.Configuration;

/// <summary>--auth-token and its relatives.</summary>
internal sealed record AuthSettings
{
    private const int BcryptCostMin = 4;
    private const int BcryptCostMax = 31;
    private const int BcryptCostDefault = 10;
    private const string Invalid = "--auth-token: auth: invalid auth options";
    private static readonly TimeSpan SignedLifetimeDefault = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SimpleLifetimeDefault = TimeSpan.FromSeconds(300);

    /// <summary>Null: simple tokens.</summary>
    public JwtKey? SigningKey { get; init; }

    /// <summary>Where <see cref="SigningKey"/> comes from.</summary>
    public SigningFiles? SigningFiles { get; init; }

    /// <summary>What the files held before they were loaded: a change since then is seen as one.</summary>
    public string SigningFingerprint { get; init; } = "";

    public TimeSpan SignedLifetime { get; init; } = SignedLifetimeDefault;

    public required TimeSpan SimpleLifetime { get; init; }

    public required int BcryptCost { get; init; }

    /// <summary>The cost that was given is none; etcd goes on with its default, and so do we.</summary>
    public required bool BcryptCostIsCorrected { get; init; }

    public required int PasswordBytesMin { get; init; }

    public static AuthSettings Read(Settings settings)
    {
        var cost = settings.Uint("bcrypt-cost");
        var isCost = cost is >= BcryptCostMin and <= BcryptCostMax;
        var lifetime = settings.Uint("auth-token-ttl");
        var common = new AuthSettings
        {
            SimpleLifetime = lifetime == 0 ? SimpleLifetimeDefault : TimeSpan.FromSeconds(Math.Min(lifetime, uint.MaxValue)),
            BcryptCost = isCost ? (int)cost : BcryptCostDefault,
            BcryptCostIsCorrected = !isCost,
            PasswordBytesMin = (int)Math.Min(settings.Uint("auth-password-bytes-min"), int.MaxValue),
        };
        var (kind, parameters) = Split(settings.Text("auth-token"));
        return kind switch
        {
            "simple" => common,
            "jwt" => Signed(common, FilesOf(parameters)) with { SignedLifetime = LifetimeOf(parameters) },
            _ => throw new ConfigurationException(Invalid),
        };
    }

    private static (string Kind, Dictionary<string, string> Parameters) Split(string text)
    {
        var parts = text.Split(',');
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts.Skip(1))
        {
            var pair = part.Split('=');
            if (pair.Length != 2 || !parameters.TryAdd(pair[0], pair[1]))
                throw new ConfigurationException(Invalid);
        }

        return (parts[0], parameters);
    }

    private static SigningFiles FilesOf(Dictionary<string, string> parameters) =>
        new(parameters.GetValueOrDefault("sign-method", ""), parameters.GetValueOrDefault("pub-key", ""), parameters.GetValueOrDefault("priv-key", ""));

    private static AuthSettings Signed(AuthSettings common, SigningFiles files)
    {
        try
        {
            var fingerprint = files.Fingerprint();
            return common with { SigningFiles = files, SigningFingerprint = fingerprint, SigningKey = files.Load() };
        }
        catch (Exception unusable) when (unusable is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--auth-token: {unusable.Message}");
        }
    }

    private static TimeSpan LifetimeOf(Dictionary<string, string> parameters)
    {
        if (!parameters.TryGetValue("ttl", out var text) || text.Length == 0)
            return SignedLifetimeDefault;
        return GoDuration.TryParse(text, out var lifetime) ? lifetime : throw new ConfigurationException(Invalid);
    }
}

using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Api.Security;

/// <summary>
/// Signed tokens (RFC 7519) with the claims that etcd's have: username, revision, exp. Nobody remembers them. The revision says of
/// which users and roles the signer knew. Here it only becomes the caller's; <see cref="KeyAccess"/> refuses the keys to one that a
/// change has outdated. What asks only who the caller is (leases, administration) goes by the name in the token and by what that user
/// may do now, until the token ends: as in etcd, which has no other way to end one. Any thread.
/// </summary>
public sealed class JwtTokens : ICallerTokens, IDisposable
{
    private readonly string _method;
    private volatile JwtKey _key;
    private readonly TimeProvider _time;
    private readonly TimeSpan _lifetime;
    private readonly string _header;

    public JwtTokens(JwtKey key, TimeProvider time, TimeSpan lifetime)
    {
        (_key, _method) = (key, key.Method);
        _time = time;
        _lifetime = lifetime;
        _header = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"{{key.Method}}","typ":"JWT"}"""));
    }

    public bool AreAssignedByTheLog => false;

    public int Count => 0;

    public bool TryIdentify(string token, AuthRevision current, out Caller caller)
    {
        caller = default;
        var key = _key;
        var parts = token.Split('.');
        if (parts.Length != 3 || !TryDecode(parts[0], out var header) || !TryDecode(parts[1], out var claims) || !TryDecode(parts[2], out var signature))
            return false;
        try
        {
            using var head = JsonDocument.Parse(header);
            // The method is the server's to choose, never the token's.
            if (!IsText(head.RootElement, "alg", out var method) || method != _method)
                return false;
            if (!key.Verifies(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature))
                return false;
            using var body = JsonDocument.Parse(claims);
            return TryReadClaims(body.RootElement, out caller);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // The latter is the reader's word for text that is no Unicode.
            return false;
        }
    }

    public bool TryGetIndex(string token, out LogIndex index)
    {
        index = default;
        return false;
    }

    public string? Sign(string user, AuthRevision revision)
    {
        var key = _key;
        if (!key.CanSign)
            return null;
        using var claims = new MemoryStream();
        using (var writer = new Utf8JsonWriter(claims))
        {
            writer.WriteStartObject();
            writer.WriteNumber("exp", (_time.GetUtcNow() + _lifetime).ToUnixTimeSeconds());
            writer.WriteNumber("revision", revision.Value);
            writer.WriteString("username", user);
            writer.WriteEndObject();
        }

        var signed = $"{_header}.{Base64Url.EncodeToString(claims.ToArray())}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>
    /// Puts another key of the same method in force; tokens of the one before are none any more. The old key is left to
    /// the collector, since calls may be using it.
    /// </summary>
    public void Replace(JwtKey key)
    {
        if (key.Method != _method)
            throw new ArgumentException($"auth: the tokens here are of {_method}, the key is of {key.Method}", nameof(key));
        _key = key;
    }

    public void Dispose() => _key.Dispose();

    /// <summary>A token without a user or a revision is none (#15676); one without an end does not end, as in etcd.</summary>
    private bool TryReadClaims(JsonElement claims, out Caller caller)
    {
        caller = default;
        if (claims.ValueKind != JsonValueKind.Object || !IsText(claims, "username", out var user))
            return false;
        if (!claims.TryGetProperty("revision", out var number) || !TryReadNumber(number, out var revision) || revision < 1 || revision >= ulong.MaxValue)
            return false;
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        if (claims.TryGetProperty("exp", out var end) && !(TryReadNumber(end, out var expires) && now < expires))
            return false;
        if (claims.TryGetProperty("nbf", out var begin) && !(TryReadNumber(begin, out var begins) && now >= begins))
            return false;
        caller = new Caller(user, new AuthRevision((ulong)revision));
        return true;
    }

    private static bool IsText(JsonElement element, string name, out string text)
    {
        text = "";
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return false;
        text = value.GetString()!;
        return true;
    }

    private static bool TryReadNumber(JsonElement value, out double number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && double.IsFinite(number);
    }

    private static bool TryDecode(string part, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(part))
            return false;
        bytes = Base64Url.DecodeFromChars(part);
        return true;
    }
}

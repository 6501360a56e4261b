using KvStore.Platform;

namespace KvStore.Api.Security;

/// <summary>How callers prove who they are: what the server was told by its flags, and the doors for it. Owned by the server.</summary>
public sealed record CallerSecurity
{
    /// <summary>Hashes and checks passwords.</summary>
    public required IPasswordHashes Passwords { get; init; }

    public required ICallerTokens Tokens { get; init; }

    /// <summary>--client-cert-auth: who has a certificate and sends no token is the user of its common name.</summary>
    public bool UsesCertificates { get; init; }

    /// <summary>--bcrypt-cost: the logarithm of the rounds (etcd's default: about 50 ms of a processor).</summary>
    public int BcryptCost { get; init; } = 10;

    /// <summary>
    /// Bytes that a password must have. etcd takes an empty one (CVE-2020-15115); a user who is to have none says so with no_password.
    /// </summary>
    public int PasswordBytesMin { get; init; } = 1;

    /// <summary>Passwords that are hashed or checked at the same time: half of the processors stay for everything else.</summary>
    public int PasswordsAtOnceMax { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Passwords that may wait for their turn; more are refused with "too many requests". About ten seconds of work.</summary>
    public int PasswordsWaitingMax { get; init; } = 256;

    /// <summary>Told who was not let in, and why: user (empty if not known) and reason. Never a password, never a token.</summary>
    public Action<string, AuthRefusalReason>? OnRefused { get; init; }
}

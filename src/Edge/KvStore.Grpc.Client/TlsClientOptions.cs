namespace KvStore.Grpc.Client;

/// <summary>Certificates of a client. The files are read again when they have changed, at the next handshake.</summary>
public sealed record TlsClientOptions
{
    /// <summary>Authorities that may have signed the server's certificate (PEM); null means the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Our own certificate and key (PEM), for servers that ask for one.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>Name expected in the server's certificate instead of the endpoint's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>Serial numbers refused (PEM or DER revocation list).</summary>
    public string? CrlFile { get; init; }

    /// <summary>Common names, one of which the server's certificate must have; empty: any.</summary>
    public IReadOnlyList<string> AllowedCommonNames { get; init; } = [];

    /// <summary>Host names, for one of which the server's certificate must be, besides the endpoint's own; empty: any.</summary>
    public IReadOnlyList<string> AllowedHostNames { get; init; } = [];

    /// <summary>Accepts any certificate: no protection against a man in the middle. Only at an operator's explicit wish.</summary>
    public bool InsecureSkipVerify { get; init; }

    /// <summary>Told when changed files could not be used and the ones before stay in force. Any thread; must not throw.</summary>
    public Action<Exception>? OnUnreadable { get; init; }
}

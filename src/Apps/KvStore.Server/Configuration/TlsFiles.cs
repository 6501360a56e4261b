namespace KvStore.Server.Configuration;

/// <summary>The files of one side's TLS. Empty strings mean "not given".</summary>
internal sealed record TlsFiles(string Certificate, string Key, string TrustedAuthorities, bool ClientCertificateDemanded)
{
    /// <summary>Revoked certificates; re-read when it changes.</summary>
    public string RevocationList { get; init; } = "";

    /// <summary>Common names let in; empty: every verified one.</summary>
    public IReadOnlyList<string> AllowedCommonNames { get; init; } = [];

    /// <summary>Host names of which a certificate must be for one; empty: no such demand.</summary>
    public IReadOnlyList<string> AllowedHostNames { get; init; } = [];

    /// <summary>Whether a certificate must name the address it comes from.</summary>
    public bool VerifiesRemoteAddress { get; init; }

    /// <summary>True: certificate and key are made at the start, and callers of this side cannot judge them.</summary>
    public bool IsSelfSigned { get; init; }

    public bool HasCertificate => Certificate.Length > 0 && Key.Length > 0;

    /// <summary>A set of authorities alone already demands certificates, as in etcd.</summary>
    public bool DemandsClientCertificate => ClientCertificateDemanded || TrustedAuthorities.Length > 0;
}

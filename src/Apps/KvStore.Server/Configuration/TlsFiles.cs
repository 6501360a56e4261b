namespace KvStore.Server.Configuration;

/// <summary>The files of one side's TLS. Empty strings mean "not given".</summary>
internal sealed record TlsFiles(string Certificate, string Key, string TrustedAuthorities, bool ClientCertificateDemanded)
{
    public bool HasCertificate => Certificate.Length > 0 && Key.Length > 0;

    /// <summary>A set of authorities alone already demands certificates, as in etcd.</summary>
    public bool DemandsClientCertificate => ClientCertificateDemanded || TrustedAuthorities.Length > 0;
}

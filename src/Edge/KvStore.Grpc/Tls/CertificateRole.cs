namespace KvStore.Grpc;

/// <summary>What a certificate is shown for; its extended key usage must allow it.</summary>
public enum CertificateRole
{
    Server,
    Client,
}

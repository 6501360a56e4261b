using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc.Tests.Tls;

/// <summary>An authority and what it signs, as PEM files in a folder of their own.</summary>
internal sealed class CertificateFolder : IDisposable
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder = Directory.CreateTempSubdirectory("kvstore-tls-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private readonly bool _isIntermediate;

    public CertificateFolder(string name = "test authority")
        : this(name, null)
    {
    }

    private CertificateFolder(string name, X509Certificate2? above)
    {
        _isIntermediate = above is not null;
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
        if (above is null)
        {
            _authority = request.CreateSelfSigned(from, to);
        }
        else
        {
            using var signed = request.Create(above, from.AddDays(1), to.AddDays(-1), [1, 2, 3]);
            _authority = signed.CopyWithPrivateKey(_key);
        }

        File.WriteAllText(CaFile, _authority.ExportCertificatePem());
    }

    /// <summary>The authority that signs here.</summary>
    public X509Certificate2 Authority => _authority;

    public string CaFile => Path.Combine(_folder, "ca.pem");

    public string CrlFile => Path.Combine(_folder, "crl.pem");

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Writes name.pem and name.key; returns the certificate without its key.</summary>
    public X509Certificate2 Sign(string name, bool forServer = true, bool forClient = true, bool expired = false, string address = "127.0.0.1")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}, O=tests", key, HashAlgorithmName.SHA256);
        var usages = new OidCollection();
        if (forServer)
            usages.Add(new Oid(ServerUsage));
        if (forClient)
            usages.Add(new Oid(ClientUsage));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(12);
        serial[0] &= 0x7F;
        var end = expired ? DateTimeOffset.UtcNow.AddDays(-1) : DateTimeOffset.UtcNow.AddDays(5);
        using var certificate = request.Create(_authority, DateTimeOffset.UtcNow.AddDays(-5), end, serial);
        Replace($"{name}.key", key.ExportPkcs8PrivateKeyPem());
        Replace($"{name}.pem", certificate.ExportCertificatePem() + "\n" + (_isIntermediate ? _authority.ExportCertificatePem() : ""));
        return X509CertificateLoader.LoadCertificate(certificate.RawData);
    }

    /// <summary>An authority between ours and what it signs in a folder of its own; its certificates carry it behind them.</summary>
    public CertificateFolder MakeIntermediate()
    {
        var inner = new CertificateFolder("intermediate authority", _authority);
        File.WriteAllText(inner.CaFile, File.ReadAllText(CaFile));
        return inner;
    }

    /// <summary>Writes the list of revoked serial numbers.</summary>
    public void Revoke(params X509Certificate2[] certificates)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in certificates)
            list.AddEntry(certificate);
        var der = list.Build(_authority, crlNumber: 1, DateTimeOffset.UtcNow.AddDays(5), HashAlgorithmName.SHA256);
        Replace("crl.pem", PemEncoding.WriteString("X509 CRL", der));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // As operators' tools do: a whole file takes the place of the old one, with another time.
    private void Replace(string name, string text)
    {
        var path = PathOf(name);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc;

/// <summary>
/// The certificates of a listener or client, read again when one of their files has changed (C16). Asked at every handshake: that
/// costs a few stat calls. A set that does not fit together (the key is replaced a moment after the certificate) is reported and
/// the one before stays in use until the files fit again. Thread-safe.
/// </summary>
public sealed class TlsMaterialSource(TlsFiles files, Action<Exception>? onUnreadable = null)
{
    private readonly Lock _lock = new();
    private (DateTime Written, long Length)[] _seen = [];
    private TlsMaterial? _current;

    /// <summary>The certificates now in force. Throws only when they could never be read.</summary>
    public TlsMaterial Current()
    {
        Exception failure;
        lock (_lock)
        {
            var now = Stamps();
            if (_current is not null && now.AsSpan().SequenceEqual(_seen))
                return _current;
            try
            {
                _current = Read();
                _seen = now;
                return _current;
            }
            catch (Exception unreadable) when (_current is not null && unreadable is IOException or UnauthorizedAccessException or CryptographicException or InvalidDataException)
            {
                _seen = now; // said once per change, not once per handshake
                failure = unreadable;
            }
        }

        onUnreadable?.Invoke(failure);
        return _current;
    }

    private (DateTime, long)[] Stamps()
    {
        string?[] paths = [files.CertificateFile, files.KeyFile, files.CaFile, files.CrlFile];
        var stamps = new (DateTime, long)[paths.Length];
        for (var i = 0; i < paths.Length; i++)
        {
            // A file that is away for a moment (rename in progress) has a stamp of its own.
            if (paths[i] is { } path && new FileInfo(path) is { Exists: true } info)
                stamps[i] = (info.LastWriteTimeUtc, info.Length);
        }

        return stamps;
    }

    private TlsMaterial Read()
    {
        var material = new TlsMaterial();
        if (files.CertificateFile is { } certificateFile)
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            if (chain.Count > 0)
                chain.RemoveAt(0);
            var certificate = X509Certificate2.CreateFromPemFile(certificateFile, files.KeyFile ?? certificateFile);
            material = material with { Certificate = certificate, Intermediates = chain };
        }

        if (files.CaFile is { } caFile)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(caFile);
            if (authorities.Count == 0)
                throw new InvalidDataException($"{caFile} holds no certificate");
            material = material with { Authorities = authorities };
        }

        return files.CrlFile is { } crlFile ? material with { Revoked = RevocationList.Parse(File.ReadAllBytes(crlFile)) } : material;
    }
}

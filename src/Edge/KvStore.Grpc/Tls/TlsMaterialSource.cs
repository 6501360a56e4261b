using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvStore.Grpc;

/// <summary>
/// The certificates of a listener or client, read again when one of their files has changed (C16). Asked at every handshake, since
/// etcd reads its files then and nothing is running in between that could fail unnoticed; reading a large bundle each time would cost
/// more than the handshake, so size and time of change decide, of what a path leads to (a mounted secret is a chain of links). A set
/// that does not fit together (the key is replaced a moment after the certificate) is reported and the one before stays in use until
/// the files fit again. Thread-safe.
/// </summary>
/// <param name="files">Where they lie.</param>
/// <param name="onUnreadable">Told once for each change that could not be used.</param>
/// <param name="onReplaced">Told when others than before are in force; not of the first.</param>
public sealed class TlsMaterialSource(TlsFiles files, Action<Exception>? onUnreadable = null, Action<TlsMaterial>? onReplaced = null)
{
    private readonly Lock _lock = new();
    private (DateTime Written, long Length)[] _seen = [];
    private TlsMaterial? _current;

    /// <summary>The certificates now in force. Throws only when they could never be read.</summary>
    public TlsMaterial Current()
    {
        Exception? failure = null;
        TlsMaterial inForce;
        lock (_lock)
        {
            var now = Stamps();
            if (_current is not null && now.AsSpan().SequenceEqual(_seen))
                return _current;
            var isFirst = _current is null;
            try
            {
                _current = Read();
            }
            catch (Exception unreadable) when (!isFirst && unreadable
                is IOException or UnauthorizedAccessException or CryptographicException or InvalidDataException or ArgumentException)
            {
                failure = unreadable;
            }

            _seen = now; // also of a failure: said once per change, not once per handshake
            inForce = _current!;
            if (isFirst)
                return inForce;
        }

        if (failure is null)
            onReplaced?.Invoke(inForce);
        else
            onUnreadable?.Invoke(failure);
        return inForce;
    }

    private (DateTime, long)[] Stamps()
    {
        string?[] paths = [files.CertificateFile, files.KeyFile, files.CaFile, files.CrlFile];
        var stamps = new (DateTime, long)[paths.Length];
        for (var i = 0; i < paths.Length; i++)
        {
            if (paths[i] is { } path)
                stamps[i] = Stamp(path);
        }

        return stamps;
    }

    // Of the open file: a FileInfo would tell of the link, which stays what it is while a mounted secret is renewed.
    private static (DateTime, long) Stamp(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return (File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception away) when (away is IOException or UnauthorizedAccessException)
        {
            // A file that is away for a moment (rename in progress) has a stamp of its own.
            return default;
        }
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
            material = material with { Certificate = certificate, OwnContext = SslStreamCertificateContext.Create(certificate, chain, offline: true) };
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

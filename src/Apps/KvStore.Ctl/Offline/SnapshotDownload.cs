using System.Security.Cryptography;
using KvStore.Client;
using KvStore.Ctl.Output;

namespace KvStore.Ctl.Offline;

/// <summary>
/// Writes a member's snapshot to a file: beside it first, as FILE.part, then synced and renamed, so that a file of the name is
/// always a whole snapshot. The sum at its end is compared with what arrived.
/// </summary>
internal sealed class SnapshotDownload
{
    /// <summary>Of the file's name, until all of it is there.</summary>
    public const string Unfinished = ".part";

    private ulong _arrived;
    private ulong _remaining;

    private SnapshotDownload()
    {
    }

    /// <returns>The level of the storage, empty from older servers.</returns>
    public static async Task<string> SaveAsync(KvClient client, string target, ProgressLine progress, CancellationToken stopping)
    {
        var part = target + Unfinished;
        var download = new SnapshotDownload();
        try
        {
            var version = await progress.WhileAsync(download.WriteAsync(client, part, stopping), download.Shown).ConfigureAwait(false);
            File.Move(part, target, overwrite: true);
            return version;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private async Task<string> WriteAsync(KvClient client, string part, CancellationToken stopping)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(part, FileMode.Create, FileAccess.Write);
        // It holds every key: nobody else's to read.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var version = "";
        ReadOnlyMemory<byte> before = default;
        await foreach (var piece in client.Maintenance.SnapshotAsync(stopping).ConfigureAwait(false))
        {
            hash.AppendData(before.Span);
            before = piece.Blob.Memory;
            version = piece.Version.Length > 0 ? piece.Version : version;
            await file.WriteAsync(before, stopping).ConfigureAwait(false);
            Volatile.Write(ref _arrived, (ulong)file.Position);
            Volatile.Write(ref _remaining, piece.RemainingBytes);
        }

        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(before.Span))
            throw new IOException("the snapshot arrived damaged: its sha256 is not that of its end");
        file.Flush(flushToDisk: true);
        return version;
    }

    private string Shown() => $"{GoNumbers.Size(Volatile.Read(ref _arrived))} of {GoNumbers.Size(Volatile.Read(ref _arrived) + Volatile.Read(ref _remaining))}";
}

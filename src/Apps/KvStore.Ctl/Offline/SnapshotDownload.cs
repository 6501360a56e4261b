using System.Diagnostics;
using System.Security.Cryptography;
using KvStore.Client;

namespace KvStore.Ctl.Offline;

/// <summary>
/// Writes a member's snapshot to a file: beside it first, as FILE.part, then synced and renamed, so that a file of the name is
/// always a whole snapshot. The sum at its end is compared with what arrived.
/// </summary>
internal static class SnapshotDownload
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    /// <returns>The level of the storage, empty from older servers.</returns>
    public static async Task<string> SaveAsync(KvClient client, string target, TextWriter errors, CancellationToken stopping)
    {
        var part = target + ".part";
        try
        {
            var version = await WriteAsync(client, part, errors, stopping).ConfigureAwait(false);
            File.Move(part, target, overwrite: true);
            return version;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static async Task<string> WriteAsync(KvClient client, string part, TextWriter errors, CancellationToken stopping)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(part, FileMode.Create, FileAccess.Write);
        // It holds every key: nobody else's to read.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var version = "";
        var shown = Stopwatch.GetTimestamp();
        var isShown = false;
        ReadOnlyMemory<byte> before = default;
        await foreach (var piece in client.Maintenance.SnapshotAsync(stopping).ConfigureAwait(false))
        {
            hash.AppendData(before.Span);
            before = piece.Blob.Memory;
            version = piece.Version.Length > 0 ? piece.Version : version;
            await file.WriteAsync(before, stopping).ConfigureAwait(false);
            if (Console.IsErrorRedirected || Stopwatch.GetElapsedTime(shown) < ProgressInterval)
                continue;
            (shown, isShown) = (Stopwatch.GetTimestamp(), true);
            await ShowAsync(errors, $"\r{GoNumbers.Size((ulong)file.Position)} of {GoNumbers.Size((ulong)file.Position + piece.RemainingBytes)}   ").ConfigureAwait(false);
        }

        if (isShown)
            await ShowAsync(errors, "\r\n").ConfigureAwait(false);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(before.Span))
            throw new IOException("the snapshot arrived damaged: its sha256 is not that of its end");
        file.Flush(flushToDisk: true);
        return version;
    }

    private static async Task ShowAsync(TextWriter errors, string text)
    {
        await errors.WriteAsync(text).ConfigureAwait(false);
        await errors.FlushAsync().ConfigureAwait(false);
    }
}

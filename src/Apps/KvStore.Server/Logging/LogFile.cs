using System.Globalization;
using System.IO.Compression;
using System.Text;
using KvStore.Server.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace KvStore.Server.Logging;

/// <summary>
/// Log lines in a file that gives way to the next at its largest size. Older files are named after the time they gave way
/// (<c>etcd-2026-01-02T15-04-05.000.log</c>), compressed and removed as the rotation says; those are the names that tools made for
/// etcd look for. Without a rotation the file grows. Called by one thread, the one behind the queue of lines.
/// </summary>
internal sealed class LogFile : ILogEventSink, IDisposable
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH-mm-ss.fff";
    private const string CompressedEnd = ".gz";

    private readonly string _path;
    private readonly ITextFormatter _formatter;
    private readonly LogRotation? _rotation;
    private readonly TimeProvider _time;
    private StreamWriter _writer;
    private long _bytes;
    private Task _tidying = Task.CompletedTask;

    /// <summary>Opens or makes the file, readable for its owner alone. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public LogFile(string path, ITextFormatter formatter, LogRotation? rotation, TimeProvider time)
    {
        _path = Path.GetFullPath(path);
        _formatter = formatter;
        _rotation = rotation;
        _time = time;
        _writer = Open();
    }

    public void Emit(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        _formatter.Format(logEvent, text);
        var line = text.ToString();
        var bytes = Encoding.UTF8.GetByteCount(line);
        if (_rotation is { } rotation && _bytes > 0 && _bytes + bytes > rotation.FileBytesMax)
            GiveWay(rotation);
        _writer.Write(line);
        _bytes += bytes;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _tidying.GetAwaiter().GetResult();
    }

    private StreamWriter Open()
    {
        var stream = new FileStream(_path, Private(FileMode.Append));
        _bytes = stream.Length;
        return new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
    }

    /// <summary>What is logged is for the member's own user alone.</summary>
    private static FileStreamOptions Private(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private void GiveWay(LogRotation rotation)
    {
        var now = rotation.UsesLocalTime ? _time.GetLocalNow() : _time.GetUtcNow();
        var before = _writer;
        try
        {
            File.Move(_path, NameOf(now));
            _writer = Open();
        }
        catch (Exception stuck) when (stuck is IOException or UnauthorizedAccessException)
        {
            // A log that grows beyond its size is better than none: the open file goes on, and gives way when it has grown by as much again.
            _bytes = 0;
            return;
        }

        before.Dispose();
        // Compressing takes seconds; lines are dropped when their queue is full for so long.
        _tidying = _tidying.ContinueWith(_ => Tidy(rotation), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private string NameOf(DateTimeOffset time) =>
        Beginning + time.ToString(TimeFormat, CultureInfo.InvariantCulture) + Path.GetExtension(_path);

    private string Beginning => Path.Combine(Path.GetDirectoryName(_path)!, Path.GetFileNameWithoutExtension(_path) + "-");

    private void Tidy(LogRotation rotation)
    {
        try
        {
            var older = Older().OrderByDescending(file => file.Time).ToList();
            var now = rotation.UsesLocalTime ? _time.GetLocalNow().DateTime : _time.GetUtcNow().DateTime;
            for (var i = 0; i < older.Count; i++)
            {
                var (path, time) = older[i];
                if ((rotation.BackupsMax > 0 && i >= rotation.BackupsMax) || (rotation.AgeDaysMax > 0 && now - time > TimeSpan.FromDays(rotation.AgeDaysMax)))
                    File.Delete(path);
                else if (rotation.Compresses && !path.EndsWith(CompressedEnd, StringComparison.Ordinal))
                    Compress(path);
            }
        }
        catch (Exception busy) when (busy is IOException or UnauthorizedAccessException)
        {
            // The next time it is tried again; nothing is lost by an old file that stays.
        }
    }

    private IEnumerable<(string Path, DateTime Time)> Older()
    {
        var extension = Path.GetExtension(_path);
        foreach (var path in Directory.EnumerateFiles(Path.GetDirectoryName(_path)!))
        {
            var plain = path.EndsWith(CompressedEnd, StringComparison.Ordinal) ? path[..^CompressedEnd.Length] : path;
            if (plain.StartsWith(Beginning, StringComparison.Ordinal) && plain.EndsWith(extension, StringComparison.Ordinal)
                && DateTime.TryParseExact(plain[Beginning.Length..^extension.Length], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
                yield return (path, time);
        }
    }

    // Under another name until it is whole: a crash leaves the old file.
    private static void Compress(string path)
    {
        var unfinished = path + CompressedEnd + ".tmp";
        using (var from = File.OpenRead(path))
        using (var to = new GZipStream(new FileStream(unfinished, Private(FileMode.Create)), CompressionLevel.Fastest))
            from.CopyTo(to);
        File.Move(unfinished, path + CompressedEnd, overwrite: true);
        File.Delete(path);
    }
}

using System.IO.Compression;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using KvStore.Testing.Processes;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace KvStore.Server.Tests.Logging;

public sealed class LogFileTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Clock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lines_AreAppendedToWhatIsThere()
    {
        File.WriteAllText(_folder.Combine("a.log"), "before\n");
        using (var file = Open(null))
            Write(file, "one", "two");
        Assert.Equal("before\none\ntwo\n", File.ReadAllText(_folder.Combine("a.log")));
    }

    [Fact]
    public void NewFile_IsItsOwnersAlone()
    {
        if (OperatingSystem.IsWindows())
            return;
        using (Open(null))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.Combine("a.log")));
    }

    [Fact]
    public void FullFile_GivesWayUnderItsTime()
    {
        using (var file = Open(new LogRotation { FileBytesMax = 8 }))
            Write(file, "one", "two", "three");
        Assert.Equal(["a-2026-01-02T03-04-06.006.log", "a.log"], Names());
        Assert.Equal("one\ntwo\n", File.ReadAllText(_folder.Combine("a-2026-01-02T03-04-06.006.log")));
        Assert.Equal("three\n", File.ReadAllText(_folder.Combine("a.log")));
    }

    [Fact]
    public void OlderFiles_BeyondTheirNumberOrAge_Go()
    {
        File.WriteAllText(_folder.Combine("a-2025-12-01T00-00-00.000.log"), "a month");
        File.WriteAllText(_folder.Combine("a-notes.log"), "somebody's");
        using (var file = Open(new LogRotation { FileBytesMax = 4, AgeDaysMax = 7 }))
            Write(file, "one", "two");
        Assert.Equal(["a-2026-01-02T03-04-05.006.log", "a-notes.log", "a.log"], Names());

        using (var file = Open(new LogRotation { FileBytesMax = 4, BackupsMax = 2 }))
            Write(file, "three", "four", "five");
        Assert.Equal(["a-2026-01-02T03-04-07.006.log", "a-2026-01-02T03-04-08.006.log", "a-notes.log", "a.log"], Names());
    }

    [Fact]
    public void OlderFiles_AreCompressed()
    {
        using (var file = Open(new LogRotation { FileBytesMax = 4, Compresses = true }))
            Write(file, "one", "two");
        Assert.Equal(["a-2026-01-02T03-04-05.006.log.gz", "a.log"], Names());
        using var reader = new StreamReader(new GZipStream(File.OpenRead(_folder.Combine("a-2026-01-02T03-04-05.006.log.gz")), CompressionMode.Decompress));
        Assert.Equal("one\n", reader.ReadToEnd());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.Combine("a-2026-01-02T03-04-05.006.log.gz")));
    }

    /// <summary>Something stands where the full file is to go: it goes on, and tries again when it has grown by as much.</summary>
    [Fact]
    public void FullFile_ThatCannotGiveWay_GoesOn()
    {
        Directory.CreateDirectory(_folder.Combine("a-2026-01-02T03-04-06.006.log"));
        using (var file = Open(new LogRotation { FileBytesMax = 8 }))
            Write(file, "one", "two", "three", "4", "five");
        Assert.Equal(["a-2026-01-02T03-04-08.006.log", "a.log"], Names());
        Assert.Equal("one\ntwo\nthree\n4\n", File.ReadAllText(_folder.Combine("a-2026-01-02T03-04-08.006.log")));
        Assert.Equal("five\n", File.ReadAllText(_folder.Combine("a.log")));
    }

    private LogFile Open(LogRotation? rotation) => new(_folder.Combine("a.log"), new MessageAlone(), rotation, _clock);

    private string[] Names() => [.. Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>A second passes before each line.</summary>
    private void Write(LogFile file, params string[] messages)
    {
        foreach (var message in messages)
        {
            _clock.Now = _clock.Now.AddSeconds(1);
            file.Emit(new LogEvent(_clock.Now, LogEventLevel.Information, null, new MessageTemplateParser().Parse(message), []));
        }
    }

    private sealed class MessageAlone : ITextFormatter
    {
        public void Format(LogEvent logEvent, TextWriter output) => output.WriteLine(logEvent.MessageTemplate.Text);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 3, 6, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

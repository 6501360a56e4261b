using System.Diagnostics;
using System.Globalization;
using KvStore.Hosting;
using KvStore.Primitives;
using KvStore.Testing.Processes;

namespace KvStore.Wal.Tests.Files;

/// <summary>
/// D1, D5 on the real disk: a child process writes and says which entries it synced; SIGKILL at a random moment; what it said
/// must be there. The child goes on where the last one stopped, over many kills. (A kill keeps the page cache: loss of power
/// is the simulated disk's part.)
/// </summary>
public sealed class KilledWriterTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writer_KilledAgainAndAgain_EverythingAcknowledgedIsThere()
    {
        var prng = new Prng(11);
        ulong acknowledged = 0;
        for (var round = 0; round < 6; round++)
        {
            acknowledged = Math.Max(acknowledged, RunAndKill(killAfterLines: 1 + prng.Below(400)));
            using var log = WriteAheadLog.Open(
                new OsFileSystem(), _folder.Combine("wal"), Program.WriterOptions, NoTrace.Instance, out var recovered);
            Assert.True(log.LastIndex.Value >= acknowledged, $"acknowledged {acknowledged}, found {log.LastIndex}");
            for (var i = 0; i < recovered.Entries.Count; i++)
                Assert.Equal(Program.EntryOf(recovered.Entries[i].Index.Value).Data.ToArray(), recovered.Entries[i].Data.ToArray());
        }

        Assert.True(acknowledged > 6);
    }

    private ulong RunAndKill(int killAfterLines)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList = { "exec", typeof(Program).Assembly.Location, Program.WriterVerb, _folder.Combine("wal") },
        };
        using var child = Process.Start(start)!;
        ulong last = 0;
        for (var line = 0; line < killAfterLines; line++)
        {
            if (child.StandardOutput.ReadLine() is not { } text)
                break;
            last = ulong.Parse(text, CultureInfo.InvariantCulture);
        }

        child.Kill();
        // Lines on the way were acknowledged as well.
        foreach (var text in child.StandardOutput.ReadToEnd().Split('\n')[..^1])
            last = ulong.Parse(text, CultureInfo.InvariantCulture);
        child.WaitForExit();
        return last;
    }
}

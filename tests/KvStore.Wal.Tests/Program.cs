using System.Globalization;
using KvStore.Hosting;
using KvStore.Primitives;

namespace KvStore.Wal.Tests;

/// <summary>The child process of <see cref="Files.KilledWriterTests"/>; the test runner does not come here.</summary>
public static class Program
{
    internal const string WriterVerb = "write-until-killed";

    internal static readonly WalOptions WriterOptions = new() { Identity = LogFixture.Identity, SegmentBytes = 64 << 10 };

    public static int Main(string[] args)
    {
        if (args is not [WriterVerb, var directory])
            return 2;
        using var log = WriteAheadLog.Open(new OsFileSystem(), directory, WriterOptions, NoTrace.Instance, out _);
        using var output = Console.OpenStandardOutput();
        for (var next = log.LastIndex.Value + 1; ; next += 3)
        {
            log.Append(LogFixture.State(1, commit: next - 1), [EntryOf(next), EntryOf(next + 1), EntryOf(next + 2)]);
            log.Sync();
            output.Write(System.Text.Encoding.ASCII.GetBytes((next + 2).ToString(CultureInfo.InvariantCulture) + "\n"));
            if (next % 50 == 0)
            {
                log.MarkSnapshot(new LogIndex(next - 1), new Term(1), "m"u8);
                log.RemovePrefix(new LogIndex(next - 1));
            }
        }
    }

    internal static LogEntry EntryOf(ulong index) => LogFixture.Entry(index, 1, (int)(index % 700));
}

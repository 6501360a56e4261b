using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>One line of testdata/commands.txt.</summary>
internal sealed record CommandLineFile(string Text, string Input, string[] Words, bool ReadsOnly)
{
    public static IReadOnlyList<CommandLineFile> ReadAll() =>
    [
        .. File.ReadLines(Path.Combine(Checkout.Root, "tests/KvStore.Interop.Tests/Ctl/testdata/commands.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(Parse),
    ];

    private static CommandLineFile Parse(string line)
    {
        var readsOnly = line[0] == '*';
        var rest = readsOnly ? line[2..] : line;
        var input = "";
        if (rest[0] == '[')
        {
            var end = rest.LastIndexOf(']');
            // A doubled backslash stands for one that the tool shall see.
            input = rest[1..end].Replace("\\\\", "\0", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace('\0', '\\');
            rest = rest[(end + 1)..];
        }

        var words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word == "''" ? "" : word).ToArray();
        return new CommandLineFile(line, input, words, readsOnly);
    }
}

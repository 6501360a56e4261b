using System.Text;

namespace KvStore.Testing.Scripts;

/// <summary>
/// Runs a script file and compares what comes out with what the file says. A file is a row of blocks: comment lines (#), command
/// lines, a line of four dashes, the expected output, and an empty line. With <see cref="RewriteVariable"/> set to 1 the output is
/// written into the file instead; the change is then reviewed like any other.
/// </summary>
public static class Transcript
{
    public const string RewriteVariable = "KVSTORE_REWRITE";

    private const string Divider = "----";

    public static bool Rewrites => Environment.GetEnvironmentVariable(RewriteVariable) == "1";

    /// <summary>The scripts of a test project's testdata folder, by file name.</summary>
    public static IEnumerable<string> FilesOf(string testProject) =>
        Directory.EnumerateFiles(FolderOf(testProject), "*.txt").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    public static string PathOf(string testProject, string file) => Path.Combine(FolderOf(testProject), file);

    /// <summary>Each command writes its output; a command that fails throws.</summary>
    public static void Run(string path, Action<ScriptCommand, StringBuilder> run)
    {
        var blocks = Parse(File.ReadAllLines(path));
        var rewritten = new StringBuilder();
        ScriptException? mismatch = null;
        foreach (var block in blocks)
        {
            var actual = Execute(path, block, run);
            rewritten.AppendJoin('\n', block.Head).Append('\n').Append(Divider).Append('\n').Append(actual).Append('\n');
            if (actual != block.Expected)
                mismatch ??= new ScriptException(Difference(path, block, actual));
        }

        if (Rewrites)
            File.WriteAllText(path, rewritten.ToString().TrimEnd('\n') + "\n");
        else if (mismatch is not null)
            throw mismatch;
    }

    private static string Execute(string path, Block block, Action<ScriptCommand, StringBuilder> run)
    {
        var output = new StringBuilder();
        foreach (var line in block.Head)
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            try
            {
                run(ScriptCommand.Parse(line), output);
            }
            catch (Exception e) when (e is not ScriptException)
            {
                throw new ScriptException($"{path}: '{line}' (line {block.LineNumber} ff.): {e}", e);
            }
        }

        if (output.Length > 0 && output[^1] != '\n')
            output.Append('\n');
        return output.ToString();
    }

    private static List<Block> Parse(string[] lines)
    {
        var blocks = new List<Block>();
        for (var i = 0; i < lines.Length;)
        {
            var start = i;
            var head = new List<string>();
            while (i < lines.Length && lines[i] != Divider)
                head.Add(lines[i++]);
            i++;
            var expected = new StringBuilder();
            while (i < lines.Length && lines[i].Length > 0)
                expected.Append(lines[i++]).Append('\n');
            while (i < lines.Length && lines[i].Length == 0)
                i++;
            while (head.Count > 0 && head[^1].Length == 0)
                head.RemoveAt(head.Count - 1);
            if (head.Count > 0)
                blocks.Add(new Block(start + 1, head, expected.ToString()));
        }

        return blocks;
    }

    private static string Difference(string path, Block block, string actual)
    {
        var expectedLines = block.Expected.Split('\n');
        var actualLines = actual.Split('\n');
        var at = 0;
        while (at < expectedLines.Length && at < actualLines.Length && expectedLines[at] == actualLines[at])
            at++;
        return $"{path}, block at line {block.LineNumber} ({block.Head[^1]}), output line {at + 1}:\n"
            + $"  expected: {expectedLines.ElementAtOrDefault(at)}\n  actual:   {actualLines.ElementAtOrDefault(at)}\n"
            + $"whole output:\n{actual}\n(set {RewriteVariable}=1 to accept)";
    }

    private static string FolderOf(string testProject)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KvStore.sln")))
            folder = folder.Parent;
        return folder is null
            ? throw new ScriptException("the repository was not found above " + AppContext.BaseDirectory)
            : Path.Combine(folder.FullName, "tests", testProject, "testdata");
    }

    private sealed record Block(int LineNumber, IReadOnlyList<string> Head, string Expected);
}

using System.Xml.Linq;

namespace KvStore.Architecture.Tests;

/// <summary>The product's projects: what they may reference by the list, and what they do reference in their project files.</summary>
internal sealed class ReferenceGraph
{
    private const string Prefix = "KvStore.";

    private ReferenceGraph(IReadOnlyDictionary<string, IReadOnlySet<string>> allowed, IReadOnlyDictionary<string, string> files)
    {
        Allowed = allowed;
        ProjectFiles = files;
    }

    /// <summary>Project (without the prefix) to the projects that an arrow names.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>> Allowed { get; }

    /// <summary>Project (without the prefix) to its project file.</summary>
    public IReadOnlyDictionary<string, string> ProjectFiles { get; }

    public static ReferenceGraph Load()
    {
        var allowed = new SortedDictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(Checkout.Root, "tests/KvStore.Architecture.Tests/allowed-references.txt")))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var targets = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            allowed.Add(line[..colon], targets.ToHashSet(StringComparer.Ordinal));
        }

        var files = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .ToDictionary(file => ShortName(Path.GetFileNameWithoutExtension(file)), StringComparer.Ordinal);
        return new ReferenceGraph(allowed, files);
    }

    public static string ShortName(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

    public IEnumerable<string> DirectReferences(string project) =>
        XDocument.Load(ProjectFiles[project]).Descendants("ProjectReference")
            .Select(reference => ShortName(Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))));

    /// <summary>Everything that a chain of arrows leads to.</summary>
    public IReadOnlySet<string> Reachable(string project)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(Allowed[project]);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;
            foreach (var further in Allowed[next])
                open.Push(further);
        }

        return seen;
    }

    public bool IsCore(string project) => ProjectFiles[project].Replace('\\', '/').Contains("/src/Core/", StringComparison.Ordinal);
}

using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace KvStore.Architecture.Tests;

/// <summary>The arrows between projects are those of the list, in the project files and in what the compiler emitted.</summary>
public sealed class ReferenceTests
{
    private readonly ReferenceGraph _graph = ReferenceGraph.Load();

    [Fact]
    public void EveryProject_IsOnTheList() =>
        Assert.Equal(_graph.Allowed.Keys.Order(StringComparer.Ordinal), _graph.ProjectFiles.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void ProjectFiles_ReferenceOnlyWhatAnArrowNames()
    {
        var wrong = from project in _graph.Allowed.Keys
                    from reference in _graph.DirectReferences(project)
                    where !_graph.Allowed[project].Contains(reference)
                    select $"{project} -> {reference}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void CompiledAssemblies_ReferenceOnlyWhatAChainOfArrowsReaches()
    {
        var wrong = new List<string>();
        foreach (var project in _graph.Allowed.Keys)
        {
            var reachable = _graph.Reachable(project);
            foreach (var reference in CompiledReferences(Assemblies.PathOf(project)))
            {
                if (_graph.ProjectFiles.ContainsKey(reference) && !reachable.Contains(reference))
                    wrong.Add($"{project} -> {reference}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Core_NeverReachesEdgeOrApps()
    {
        var wrong = from project in _graph.Allowed.Keys
                    where _graph.IsCore(project)
                    from reference in _graph.Reachable(project)
                    where !_graph.IsCore(reference)
                    select $"{project} -> {reference}";
        Assert.Empty(wrong);
    }

    /// <summary>What is measured or tested from elsewhere has a public door.</summary>
    [Fact]
    public void Core_ShowsItsInsideToItsTwinTestsAlone()
    {
        var showing = from project in _graph.Allowed.Keys
                      where _graph.IsCore(project) && File.ReadAllText(_graph.ProjectFiles[project]).Contains("InternalsVisibleTo", StringComparison.Ordinal)
                      select project;
        Assert.Empty(showing);
    }

    [Fact]
    public void UnsafeCode_IsAllowedInTheRocksDbRoomOnly()
    {
        var allowing = from entry in _graph.ProjectFiles
                       where File.ReadAllText(entry.Value).Contains("<AllowUnsafeBlocks>true", StringComparison.Ordinal)
                       select entry.Key;
        Assert.Equal(["RocksDb"], allowing);
    }

    private static List<string> CompiledReferences(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => ReferenceGraph.ShortName(metadata.GetString(metadata.GetAssemblyReference(handle).Name)))];
    }
}

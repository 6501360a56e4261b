namespace KvStore.Architecture.Tests;

/// <summary>Where the sources are: the folder of the solution above the test assembly.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    public static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KvStore.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("the tests run from inside a checkout");
    }
}

namespace KvStore.Architecture.Tests;

/// <summary>The compiled product, found beside the tests that reference it.</summary>
internal static class Assemblies
{
    public static string PathOf(string project) =>
        Path.Combine(AppContext.BaseDirectory, project switch
        {
            "Server" => "kvstore.dll",
            "Ctl" => "kvctl.dll",
            _ => $"KvStore.{project}.dll",
        });
}

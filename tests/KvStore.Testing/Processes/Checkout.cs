namespace KvStore.Testing.Processes;

/// <summary>Where the programs under test are.</summary>
public static class Checkout
{
    public static string Root { get; } = FindRoot();

    public static string Server { get; } = Output("src/Apps/KvStore.Server", "kvstore");

    public static string Ctl { get; } = Output("src/Apps/KvStore.Ctl", "kvctl");

    /// <summary>The folder of kvctl compiled ahead of time, as it is handed out.</summary>
    public static string PublishedCtl
    {
        get
        {
            var folder = Path.Combine(Root, ".cache/kvctl");
            return File.Exists(Path.Combine(folder, "kvctl.dll")) ? folder : throw new FileNotFoundException($"kvctl is not in {folder}: './build.sh build' makes it");
        }
    }

    /// <summary>
    /// kvctl for hundreds of starts: compiled ahead of time where that was made of this build, which takes a third less time, and else as
    /// it was built.
    /// </summary>
    public static string QuickCtl
    {
        get
        {
            var published = Path.Combine(Root, ".cache/kvctl/kvctl.dll");
            var made = File.Exists(published) ? File.GetLastWriteTimeUtc(published) : default;
            var isOfThisBuild = Directory.EnumerateFiles(Path.GetDirectoryName(Ctl)!, "*.dll").All(file => File.GetLastWriteTimeUtc(file) <= made);
            return isOfThisBuild ? Path.ChangeExtension(published, null) : Ctl;
        }
    }

    /// <summary>etcd 3.5, the peer that answers are compared with.</summary>
    public static string Etcd => Peer("KVSTORE_ETCD_DIR", ".cache/etcd/usr/bin", "etcd");

    public static string Etcdctl => Peer("KVSTORE_ETCD_DIR", ".cache/etcd/usr/bin", "etcdctl");

    /// <summary>The distribution's older etcdctl: one more client that must work.</summary>
    public static string OldEtcdctl => Peer("KVSTORE_ETCD_OLD_DIR", ".cache/etcd-old/usr/bin", "etcdctl");

    private static string Peer(string variable, string folder, string name)
    {
        var path = Path.Combine(Environment.GetEnvironmentVariable(variable) ?? Path.Combine(Root, folder), name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{name} is not at {path}: './build.sh test' brings it, or set {variable}");
    }

    private static string Output(string project, string name)
    {
        // The tests run in the configuration they were built in, and so do the programs.
        var configuration = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";
        return Path.Combine(Root, project, "bin", configuration, "net10.0", name);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KvStore.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("the tests run from inside a checkout");
    }
}

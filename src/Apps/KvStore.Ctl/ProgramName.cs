using System.Text;

namespace KvStore.Ctl;

/// <summary>
/// The name this program was called by. A link named as one of etcd's tools makes it that tool for scripts that know no other name.
/// </summary>
internal static class ProgramName
{
    public const string Own = "kvctl";
    public const string OnlineTool = "etcdctl";
    public const string OfflineTool = "etcdutl";

    private const string Arguments = "/proc/self/cmdline";

    /// <summary>One of the three names; any other is our own.</summary>
    public static string Current { get; } = Of(FirstArgument());

    internal static string Of(string path) => Path.GetFileName(path) is OnlineTool or OfflineTool ? Path.GetFileName(path) : Own;

    /// <summary>.NET names the file that a link leads to; the kernel says which name was typed.</summary>
    private static string FirstArgument()
    {
        if (!File.Exists(Arguments))
            return Own;
        var bytes = File.ReadAllBytes(Arguments);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Max(0, Array.IndexOf(bytes, (byte)0))));
    }
}

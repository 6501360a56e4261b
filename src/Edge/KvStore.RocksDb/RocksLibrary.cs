using System.Reflection;
using System.Runtime.InteropServices;

namespace KvStore.RocksDb;

/// <summary>
/// Finds the RocksDB the machine has. Distributions name it by version and put the plain name only into the -dev package, so the
/// versions whose C API this room calls (7.8 and later) are tried one after the other.
/// </summary>
public static class RocksLibrary
{
    /// <summary>The name in the binding's declarations; never opened as such.</summary>
    internal const string Name = "rocksdb";

    private static readonly Lazy<Loaded> Library = new(Load, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>The file name under which the library was found, e.g. <c>librocksdb.so.7.8</c>. Loads it if need be.</summary>
    public static string LoadedName => Library.Value.Name;

    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Name ? Library.Value.Handle : 0;

    /// <summary>The names to try: first the one this room is tested with, then the plain one, then every later version.</summary>
    internal static IEnumerable<string> Candidates(bool macOs)
    {
        yield return Versioned(macOs, "7.8");
        yield return macOs ? "librocksdb.dylib" : "librocksdb.so";
        foreach (var (major, minorMax) in new[] { (7, 10), (8, 11), (9, 11), (10, 20), (11, 20) })
        {
            for (var minor = minorMax; minor >= (major == 7 ? 9 : 0); minor--)
                yield return Versioned(macOs, $"{major}.{minor}");
        }

        foreach (var major in new[] { "11", "10", "9", "8" })
            yield return Versioned(macOs, major);
    }

    private static string Versioned(bool macOs, string version) =>
        macOs ? $"librocksdb.{version}.dylib" : $"librocksdb.so.{version}";

    private static Loaded Load()
    {
        foreach (var candidate in Candidates(OperatingSystem.IsMacOS()))
        {
            if (NativeLibrary.TryLoad(candidate, typeof(RocksLibrary).Assembly, null, out var handle))
                return new Loaded(candidate, handle);
        }

        throw new DllNotFoundException(
            "librocksdb 7.8 or later was not found. Install it: 'apt install librocksdb7.8' (Debian 12), 'apt install librocksdb-dev' " +
            "(other Debian and Ubuntu releases), 'dnf install rocksdb' (Fedora), 'apk add rocksdb' (Alpine), 'brew install rocksdb' (macOS).");
    }

    private sealed record Loaded(string Name, nint Handle);
}

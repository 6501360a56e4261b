using KvStore.Testing.Processes;

namespace KvStore.Testing;

/// <summary>
/// What a test saw in its own run, kept in a file beside it for docs/COMPATIBILITY.md. KVSTORE_REWRITE=1 writes it; otherwise a run must
/// still see everything that stands there, and may see more.
/// </summary>
public sealed class Witness
{
    private readonly SortedSet<string> _seen = new(StringComparer.Ordinal);

    public void Saw(string what) => _seen.Add(what);

    /// <summary>At the end of the run.</summary>
    /// <param name="file">Under the checkout: tests/…/testdata/witnessed-….txt.</param>
    /// <param name="test">The test, as Class.Method.</param>
    public void Hold(string file, string test)
    {
        var path = Path.Combine(Checkout.Root, file);
        if (Environment.GetEnvironmentVariable("KVSTORE_REWRITE") == "1")
            File.WriteAllLines(path, _seen.Prepend("# " + test));
        Assert.Empty(File.ReadAllLines(path).Skip(1).Except(_seen, StringComparer.Ordinal));
    }
}

namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>
/// What tests saw themselves: files that a test writes from its own run (KVSTORE_REWRITE=1) and otherwise holds its run against.
/// The first line names the test, each other one a thing that it compared with etcd's.
/// </summary>
internal sealed class Witnesses
{
    private readonly Dictionary<string, List<string>> _tests = new(StringComparer.Ordinal);

    public Witnesses()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "witnessed-*.txt", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (file.Contains("/bin/", StringComparison.Ordinal) || file.Contains("/obj/", StringComparison.Ordinal))
                continue;
            var lines = File.ReadAllLines(file);
            foreach (var seen in lines[1..])
                Add(seen, lines[0].TrimStart('#', ' '));
        }
    }

    /// <summary>The tests that saw it; empty when none did.</summary>
    public IEnumerable<string> Of(string seen) => _tests.GetValueOrDefault(seen) ?? [];

    private void Add(string seen, string test)
    {
        if (!_tests.TryGetValue(seen, out var tests))
            _tests[seen] = tests = [];
        if (!tests.Contains(test))
            tests.Add(test);
    }
}

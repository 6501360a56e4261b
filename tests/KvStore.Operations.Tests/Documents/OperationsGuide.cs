using System.Text.RegularExpressions;
using KvStore.Testing.Processes;

namespace KvStore.Operations.Tests.Documents;

/// <summary>docs/OPERATIONS.md as tests need it: its named command blocks. The name stands behind the language: <c>```sh backup</c>.</summary>
internal static partial class OperationsGuide
{
    public static string Text { get; } = File.ReadAllText(Path.Combine(Checkout.Root, "docs/OPERATIONS.md"));

    /// <summary>Name to commands. A fence without a name has the empty one, which <see cref="OperationsGuideTests"/> refuses.</summary>
    public static ILookup<string, string> Blocks { get; } =
        Fence().Matches(Text).ToLookup(match => match.Groups[1].Value.Trim(), match => match.Groups[2].Value, StringComparer.Ordinal);

    [GeneratedRegex(@"^```(?:sh)?([^\n]*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}

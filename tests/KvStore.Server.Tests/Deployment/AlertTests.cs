using System.Text.RegularExpressions;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Deployment;

/// <summary>Who is woken by an alert finds what to do.</summary>
public sealed partial class AlertTests
{
    private static readonly string Guide = File.ReadAllText(Path.Combine(Checkout.Root, "docs/OPERATIONS.md"));
    private static readonly string Rules = File.ReadAllText(Path.Combine(Checkout.Root, "deploy/monitoring/alerts.yml"));

    [Fact]
    public void EveryAlert_NamesItsPartOfTheGuide()
    {
        var alerts = Alert().Matches(Rules).Select(match => match.Groups[1].Value).ToArray();
        var runbooks = Runbook().Matches(Rules).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(alerts);
        Assert.Equal(alerts.Select(AnchorOf), runbooks);
        var described = Guide[Guide.IndexOf("\n## Alerts\n", StringComparison.Ordinal)..];
        Assert.Equal(alerts, SubHeading().Matches(described).Select(match => match.Groups[1].Value));
    }

    [Fact]
    public void LinksInsideTheGuide_LeadToHeadings()
    {
        var anchors = Heading().Matches(Guide).Select(match => AnchorOf(match.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Link().Matches(Guide).Select(match => match.Groups[1].Value).Except(anchors));
    }

    // As GitHub makes them: lower case, spaces to hyphens, other signs gone.
    private static string AnchorOf(string heading) => OtherSign().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"^\s+- alert: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^\s+runbook_url: ""docs/OPERATIONS\.md#(\S+)""$", RegexOptions.Multiline)]
    private static partial Regex Runbook();

    [GeneratedRegex(@"^### (.+)$", RegexOptions.Multiline)]
    private static partial Regex SubHeading();

    [GeneratedRegex(@"^##+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^a-z0-9 -]")]
    private static partial Regex OtherSign();
}

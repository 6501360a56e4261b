using System.Globalization;
using KvStore.Testing.Processes;
using Xunit.Abstractions;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>
/// One seeded sequence over two clusters of three to five members each, which come, go, are promoted and killed, with authentication on
/// and off. KVSTORE_DIFFERENTIAL and KVSTORE_SEED as in <see cref="DifferentialTests"/>; a step is one request or one scene.
/// </summary>
public sealed class MembersDifferentialTests(ITestOutputHelper output)
{
    [Fact]
    public async Task RandomStepsOfAClusterOfThree_GetEtcdsAnswers()
    {
        var steps = Number("KVSTORE_DIFFERENTIAL", 96);
        var seed = (ulong)Number("KVSTORE_SEED", 1);
        using var folder = new TestFolder();
        using var clusters = new TwinClusters(folder.Path, [Checkout.Etcd, Program]);
        await clusters.StartAsync();
        var mix = new MembersMix(clusters, seed);
        await mix.BeginAsync();
        try
        {
            for (var i = 0; i < steps; i++)
                await mix.StepAsync(i);
        }
        catch (TimeoutException)
        {
            // Clusters that have parted do not come to rest: where they parted says more.
            mix.Comparison.Differences.AssertNone();
            throw;
        }

        output.WriteLine($"seed {seed}, {steps} steps: {mix.Summary}");
        mix.Comparison.Differences.AssertNone();
        // C18: a run in which nothing was granted, or nothing refused, compares nothing.
        Assert.True(mix.Comparison.Answered > steps / 4, $"{mix.Comparison.Answered} of {steps} were granted");
        Assert.True(mix.Comparison.Refused > steps / 10, $"{mix.Comparison.Refused} of {steps} were refused");
        Assert.Equal(6, mix.Scenes.Count);
    }

    private static string Program => Environment.GetEnvironmentVariable("KVSTORE_TWIN") ?? Checkout.Server;

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

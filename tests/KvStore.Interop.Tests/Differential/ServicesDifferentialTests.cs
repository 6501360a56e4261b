using System.Globalization;
using KvStore.Testing.Processes;
using Xunit.Abstractions;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// One seeded sequence over all services at once: keys, leases, members, maintenance and alarms, in the names of several users with
/// authentication on and off, each request as a message or as JSON. KVSTORE_DIFFERENTIAL and KVSTORE_SEED as in
/// <see cref="DifferentialTests"/>.
/// </summary>
public sealed class ServicesDifferentialTests(ITestOutputHelper output)
{
    private const int LogInEvery = 50;
    private const int ExpireEvery = 1500;

    [Fact]
    public Task RandomRequestsOfAllServices_GetEtcdsAnswers() => CompareAsync(Checkout.Server, Number("KVSTORE_DIFFERENTIAL", 5000), (ulong)Number("KVSTORE_SEED", 1));

    /// <summary>The comparison itself leaves nothing to chance: two etcds do not differ under it.</summary>
    [Fact]
    public Task RandomRequestsOfAllServices_GetTheSameAnswersFromTwoEtcds() => CompareAsync(Checkout.Etcd, 2000, seed: 2);

    private async Task CompareAsync(string program, int requests, ulong seed)
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"), "--bcrypt-cost=4");
        using var other = ServerProcess.OneMember(program, folder.Combine("other"), "--bcrypt-cost=4");
        etcd.Start();
        other.Start();
        await etcd.UntilReadyAsync();
        await other.UntilReadyAsync();
        using var servers = new ServerPair(etcd.Endpoint, other.Endpoint);
        var mix = new ServicesMix(servers, seed);
        await mix.BeginAsync();
        for (var i = 0; i < requests; i++)
        {
            if (i % LogInEvery == 0)
                await mix.LogInAsync(i % (2 * LogInEvery) == 0 ? "p1" : "p2");
            await mix.StepAsync(i);
            if (i % ExpireEvery == ExpireEvery - 1)
                await mix.ExpireAsync(i);
        }

        output.WriteLine($"seed {seed}, {requests} requests: {mix.Comparison.Summary}");
        mix.Comparison.Differences.AssertNone();
        // C18: a run in which nobody was let in, or everybody was, compares nothing.
        Assert.True(mix.Comparison.Answered > requests / 4, $"{mix.Comparison.Answered} of {requests} were answered");
        Assert.True(mix.Comparison.Denied > requests / 20, $"{mix.Comparison.Denied} of {requests} were denied");
    }

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

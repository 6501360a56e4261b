using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Arguments;

/// <summary>`--cluster`: asked at one member, every member is meant.</summary>
public sealed class ClusterFlagTests
{
    [Fact]
    public async Task Cluster_MeansEveryMemberOfTheList()
    {
        using var folder = new TestFolder();
        var members = ServerProcess.Cluster(Checkout.Server, folder.Path, 3, "http", _ => []);
        try
        {
            foreach (var member in members)
                member.Start();
            foreach (var member in members)
                await member.UntilReadyAsync();
            var urls = members.Select(member => "http://" + member.Endpoint).Order(StringComparer.Ordinal).ToArray();
            Assert.Equal(urls.Select(url => url + " is healthy"), await LinesAsync(": ", "endpoint", "health", "--cluster"));
            Assert.Equal(urls, await LinesAsync(", ", "endpoint", "status", "--cluster"));
            Assert.Equal(urls, await LinesAsync(", ", "endpoint", "hashkv", "--cluster"));
            Assert.Equal(urls.Select(url => $"Finished defragmenting etcd member[{url}]"), await LinesAsync(". ", "defrag", "--cluster"));
        }
        finally
        {
            foreach (var member in members)
                member.Dispose();
        }

        // What stands before the separator in each line.
        async Task<IEnumerable<string>> LinesAsync(string separator, params string[] words)
        {
            var run = new CtlRun();
            Assert.Equal((0, ""), (await run.RunAsync(["--endpoints", members[0].Endpoint, "--command-timeout", "20s", .. words]), run.Errors));
            return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(separator)[0]).Order(StringComparer.Ordinal);
        }
    }
}

using System.Globalization;
using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// The same seeded sequence of requests to etcd 3.5 and to us gets the same answers field by field. KVSTORE_DIFFERENTIAL sets the
/// number of requests (20,000 in the acceptance run), KVSTORE_SEED the seed.
/// </summary>
public sealed class DifferentialTests
{
    private const int WatchersMax = 60;

    [Fact]
    public Task RandomRequests_GetEtcdsAnswers() => CompareAsync(Checkout.Server, Number("KVSTORE_DIFFERENTIAL", 5000), (ulong)Number("KVSTORE_SEED", 1));

    /// <summary>The comparison itself leaves nothing to chance: two etcds do not differ under it.</summary>
    [Fact]
    public Task RandomRequests_GetTheSameAnswersFromTwoEtcds() => CompareAsync(Checkout.Etcd, 3000, seed: 2);

    private static async Task CompareAsync(string program, int requests, ulong seed)
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        using var other = ServerProcess.OneMember(program, folder.Combine("other"));
        etcd.Start();
        other.Start();
        await etcd.UntilReadyAsync();
        await other.UntilReadyAsync();
        using var expected = new Peer(etcd.Endpoint);
        using var actual = new Peer(other.Endpoint);
        await using var watches = new WatchPair(expected.Channel, actual.Channel);
        var generator = new RequestGenerator(seed);
        var answered = 0;
        var differences = new Differences();
        for (var i = 0; i < requests; i++)
        {
            var request = generator.Next();
            // What a watcher that is still catching up finds would depend on the moment of the compaction.
            if (request.Message is CompactionRequest)
                await watches.UntilCaughtUpAsync(generator.Revision);
            var (left, leftError) = await expected.AskAsync(request);
            var (right, rightError) = await actual.AskAsync(request);
            var where = $"seed {seed}, request {i}: {request.Path} {request.Message}";
            if (!RefusalComparison.AreEqual(request.Message, leftError, rightError))
                differences.Add(where, leftError, rightError);
            if (left is null || right is null)
                continue;
            answered++;
            generator.Observe(request, left);
            var (want, got) = (AnswerComparison.Normalize(request.Message, left), AnswerComparison.Normalize(request.Message, right));
            if (want != got)
                differences.Add(where, want, got);

            if (i % (requests / WatchersMax) == 0)
            {
                await watches.StepAsync(generator);
            }
        }

        differences.AssertNone();
        Assert.True(answered > requests / 2, "most requests are valid");
        await watches.CompareAsync(generator, () => PutToBothAsync(expected, actual));
    }

    private static async Task<long> PutToBothAsync(Peer expected, Peer actual)
    {
        var last = new RandomRequest("/etcdserverpb.KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8("k/5") }, PutResponse.Parser);
        var revision = ((PutResponse)(await expected.AskAsync(last)).Response!).Header.Revision;
        Assert.Equal(revision, ((PutResponse)(await actual.AskAsync(last)).Response!).Header.Revision);
        return revision;
    }

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

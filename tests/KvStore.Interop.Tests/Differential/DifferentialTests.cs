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
    private const int WatchersMax = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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
        await using var expectedWatch = new WatchLog(expected.Channel);
        await using var actualWatch = new WatchLog(actual.Channel);
        var everything = new WatchCreateRequest { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0), PrevKv = true };
        await expectedWatch.CreateAsync(everything);
        await actualWatch.CreateAsync(everything);

        var generator = new RequestGenerator(seed);
        var watchers = 1;
        var answered = 0;
        for (var i = 0; i < requests; i++)
        {
            var request = generator.Next();
            var (left, leftError) = await expected.AskAsync(request);
            var (right, rightError) = await actual.AskAsync(request);
            var where = $"seed {seed}, request {i}: {request.Path} {request.Message}";
            Assert.True(leftError == rightError, $"{where}\netcd: {leftError}\nours: {rightError}");
            if (left is null || right is null)
                continue;
            answered++;
            Observe(generator, request, left);
            var (want, got) = (AnswerComparison.Normalize(request.Message, left), AnswerComparison.Normalize(request.Message, right));
            Assert.True(want == got, $"{where}\netcd: {want}\nours: {got}");

            if (i % (requests / WatchersMax) == 0)
            {
                var watch = Watcher(generator, watchers++);
                await expectedWatch.CreateAsync(watch);
                await actualWatch.CreateAsync(watch.Clone());
            }
        }

        Assert.True(answered > requests / 2, "most requests are valid");
        await CompareWatchesAsync(expected, actual, expectedWatch, actualWatch);
    }

    /// <summary>A last put that everybody sees closes the books of the watch-everything watcher on both sides.</summary>
    private static async Task CompareWatchesAsync(Peer expected, Peer actual, WatchLog expectedWatch, WatchLog actualWatch)
    {
        var last = new RandomRequest("/etcdserverpb.KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8("k/5") }, PutResponse.Parser);
        var revision = ((PutResponse)(await expected.AskAsync(last)).Response!).Header.Revision;
        Assert.Equal(revision, ((PutResponse)(await actual.AskAsync(last)).Response!).Header.Revision);
        await expectedWatch.UntilSeenAsync(revision, Patience);
        await actualWatch.UntilSeenAsync(revision, Patience);
        await UntilEqualAsync(expectedWatch, actualWatch);
        Assert.Equal(expectedWatch.Transcript(), actualWatch.Transcript());
    }

    /// <summary>Watchers that began in the past may still be catching up on either side.</summary>
    private static async Task UntilEqualAsync(WatchLog expected, WatchLog actual)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var attempt = 0; attempt < 100 && expected.Transcript() != actual.Transcript(); attempt++)
            await poll.WaitForNextTickAsync();
    }

    private static WatchCreateRequest Watcher(RequestGenerator generator, int number)
    {
        var watch = new WatchCreateRequest { WatchId = number, PrevKv = number % 2 == 0 };
        if (number % 3 == 0)
            watch.Key = generator.Key();
        else
            (watch.Key, watch.RangeEnd) = generator.Interval();
        watch.StartRevision = (number % 4) switch
        {
            0 => 0,
            1 => Math.Max(1, generator.Compacted + 1),
            2 => Math.Max(1, generator.Compacted - 1),
            _ => generator.Revision + 3,
        };
        if (number % 5 == 0)
            watch.Filters.Add(WatchCreateRequest.Types.FilterType.Noput);
        if (number % 7 == 0)
            watch.Filters.Add(WatchCreateRequest.Types.FilterType.Nodelete);
        return watch;
    }

    private static void Observe(RequestGenerator generator, RandomRequest request, IMessage response)
    {
        generator.Revision = response switch
        {
            PutResponse put => put.Header.Revision,
            DeleteRangeResponse delete => delete.Header.Revision,
            TxnResponse txn => txn.Header.Revision,
            RangeResponse range => range.Header.Revision,
            LeaseRevokeResponse revoke => revoke.Header.Revision,
            _ => generator.Revision,
        };
        if (request.Message is CompactionRequest compact)
            generator.Compacted = compact.Revision;
    }

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

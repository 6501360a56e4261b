using KvStore.Node.Watch;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>Creating, cancelling, ids, starts, filters, prev_kv: what etcd's contract says of one watcher (contract 3.5; rows W10, W11).</summary>
public sealed class WatchLaneTests
{
    private readonly WatchFixture _fixture = new();

    [Fact]
    public void Create_FromNow_SendsOnlyWhatComesAfterTheCreatedResponse()
    {
        _fixture.Put("a", "1");
        var stream = _fixture.OpenStream();
        stream.Request("a");
        _fixture.Run();
        _fixture.Put("a", "2");
        _fixture.Put("b", "other");
        _fixture.Delete("a");
        Assert.Equal(["0@2: created", "0@3: a=2@3", "0@5: a-@5"], stream.ReadAll().Show());
    }

    [Fact]
    public void Create_InThePast_SendsHistoryFirst()
    {
        _fixture.Put("a", "1");
        _fixture.Put("a", "2");
        _fixture.Put("a", "3");
        var stream = _fixture.OpenStream();
        stream.Create("a", start: 3);
        _fixture.Put("a", "4");
        Assert.Equal(["0@4: a=2@3 a=3@4", "0@5: a=4@5"], stream.ReadAll().Show());
    }

    // W10: current + 1.
    [Fact]
    public void Create_AtTheNextRevision_MissesNothing()
    {
        _fixture.Put("a", "1");
        var stream = _fixture.OpenStream();
        stream.Create("a", start: 3);
        _fixture.Put("a", "2");
        Assert.Equal(["0@3: a=2@3"], stream.ReadAll().Show());
    }

    // W4: nothing below a future start.
    [Fact]
    public void Create_InTheFuture_SendsNothingBelowIt()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", start: 4, progress: true);
        _fixture.Put("a", "2");
        _fixture.Put("a", "3");
        stream.RequestProgress();
        _fixture.Tick(TimeSpan.FromHours(1));
        Assert.Empty(stream.ReadAll());
        _fixture.Put("a", "4");
        // The request waited until the revision was reached.
        Assert.Equal(["0@4: a=4@4", "-1@4:"], stream.ReadAll().Show());
        _fixture.Tick(TimeSpan.FromHours(1));
        _fixture.Tick(TimeSpan.FromHours(1));
        Assert.Equal(["0@4:"], stream.ReadAll().Show());
    }

    // W10: a compacted start is told after the creation, with header revision 0, and the stream stays open.
    [Fact]
    public void Create_BelowTheCompaction_IsCancelledWithTheCompactRevision()
    {
        _fixture.Put("a", "1");
        _fixture.Put("a", "2");
        _fixture.Put("a", "3");
        _fixture.Store.Compact(new Revision(3));
        var stream = _fixture.OpenStream();
        stream.Request("a", start: 2);
        stream.Request("a", start: 3);
        _fixture.Run();
        Assert.Equal(["0@4: created", "1@4: created", "1@4: a=2@3 a=3@4", "0@0: canceled compacted=3"], stream.ReadAll().Show());
        Assert.Equal(1, _fixture.Statistics().Watchers);
    }

    [Fact]
    public void Create_WithANegativeStart_IsRefused()
    {
        var stream = _fixture.OpenStream();
        stream.Request("a", start: -1);
        _fixture.Run();
        Assert.Equal(
            ["-1@1: created canceled \"etcdserver: mvcc: required revision has been compacted\""], stream.ReadAll().Show());
        Assert.Equal(0, _fixture.Statistics().Ranges);
    }

    [Theory]
    [InlineData("b", "a")]
    [InlineData("b", "b")]
    [InlineData("", "\0\0", false)]
    public void Create_OfAnEmptyRange_IsRefused(string key, string rangeEnd, bool isRefused = true)
    {
        var stream = _fixture.OpenStream();
        stream.Request(key, rangeEnd);
        _fixture.Run();
        string[] expected = isRefused ? ["-1@1: created canceled \"mvcc: watcher range is empty\""] : ["0@1: created"];
        Assert.Equal(expected, stream.ReadAll().Show());
    }

    [Fact]
    public void Create_WithAnIdInUse_IsRefusedAndChangesNothing()
    {
        var stream = _fixture.OpenStream();
        Assert.Equal(7, stream.Create("a", watchId: 7));
        stream.Request("b", watchId: 7);
        _fixture.Run();
        Assert.Equal(
            ["-1@1: created canceled \"mvcc: duplicate watch ID provided on the WatchStream\""], stream.ReadAll().Show());
        _fixture.Put("a");
        _fixture.Put("b");
        Assert.Equal(["7@2: a=v@2"], stream.ReadAll().Show());
    }

    [Fact]
    public void Create_WithoutAnId_CountsFromZeroAndSkipsIdsInUse()
    {
        var stream = _fixture.OpenStream();
        Assert.Equal(2, stream.Create("x", watchId: 2));
        Assert.Equal(0, stream.Create("a"));
        Assert.Equal(1, stream.Create("a"));
        Assert.Equal(3, stream.Create("a"));
        stream.Cancel(1);
        Assert.Equal("1@1: canceled", stream.Read().Show());
        Assert.Equal(4, stream.Create("a"));
        Assert.Equal(0, _fixture.OpenStream().Create("a"));
    }

    // W10: the watcher with id 0 can be cancelled.
    [Fact]
    public void Cancel_OfIdZero_EndsThatWatcherOnly()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a");
        stream.Create("a");
        stream.Cancel(0);
        _fixture.Put("a");
        Assert.Equal(["0@1: canceled", "1@2: a=v@2"], stream.ReadAll().Show());
    }

    [Fact]
    public void Cancel_OfAnUnknownId_IsNotAnswered()
    {
        var stream = _fixture.OpenStream();
        stream.Cancel(0);
        Assert.Empty(stream.ReadAll());
    }

    // A chosen id is free again after its watcher is cancelled.
    [Fact]
    public void Create_WithAnIdThatWasCancelled_Works()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", watchId: 7);
        stream.Cancel(7);
        Assert.Equal("7@1: canceled", stream.Read().Show());
        Assert.Equal(7, stream.Create("b", watchId: 7));
    }

    // W11
    [Theory]
    [InlineData(WatchFilters.NoPut, "0@3: a-@3")]
    [InlineData(WatchFilters.NoDelete, "0@2: a=1@2", "0@4: a=2@4")]
    [InlineData(WatchFilters.NoPut | WatchFilters.NoDelete)]
    public void Filters_DropEventsWithoutATrace(WatchFilters filters, params string[] expected)
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", filters: filters);
        _fixture.Put("a", "1");
        _fixture.Delete("a");
        _fixture.Put("a", "2");
        Assert.Equal(expected, stream.ReadAll().Show());
    }

    // W11: present for updates and deletes, absent for a creation.
    [Fact]
    public void PreviousKv_IsTheVersionBefore_LiveAndFromHistory()
    {
        var live = _fixture.OpenStream();
        live.Create("a", previous: true);
        _fixture.Put("a", "1");
        _fixture.Put("a", "2");
        _fixture.Delete("a");
        _fixture.Put("a", "3");
        Assert.Equal(["0@2: a=1@2", "0@3: a=2@3(1@2)", "0@4: a-@4(2@3)", "0@5: a=3@5"], live.ReadAll().Show());
        var late = _fixture.OpenStream();
        late.Create("a", start: 2, previous: true);
        Assert.Equal(["0@5: a=1@2 a=2@3(1@2) a-@4(2@3) a=3@5"], late.ReadAll().Show());
    }

    // W11: or absent if compacted.
    [Fact]
    public void PreviousKv_OfTheCompactRevision_IsAbsent()
    {
        _fixture.Put("a", "1");
        _fixture.Put("a", "2");
        _fixture.Put("a", "3");
        _fixture.Store.Compact(new Revision(3));
        var stream = _fixture.OpenStream();
        stream.Create("a", start: 3, previous: true);
        Assert.Equal(["0@4: a=2@3 a=3@4(2@3)"], stream.ReadAll().Show());
    }

    // GHSA-xg4h's range: everything from a key on.
    [Fact]
    public void Ranges_SingleKeyPrefixAndOpenEnded_SeeExactlyTheirKeys()
    {
        var stream = _fixture.OpenStream();
        stream.Create("b");
        stream.Create("b", "c");
        stream.Create("b", "\0");
        stream.Create("", "\0");
        stream.Create("");
        foreach (var key in new[] { "\0", "a", "b", "ba", "c", "\u00ff" })
            _fixture.Put(key, "");
        var seen = stream.ReadAll().GroupBy(response => response.WatchId).OrderBy(group => group.Key)
            .Select(group => string.Join(' ', group.SelectMany(response => response.Events).Select(e => e.Kv.Key.ToStringUtf8())));
        Assert.Equal(["b", "b ba", "b ba c \u00ff", "\0 a b ba c \u00ff", "\0"], seen);
    }

    // W1, atomic.
    [Fact]
    public void Transaction_OfManyKeys_ArrivesInOneResponse()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", "z");
        _fixture.Commit(Change.Put("a", "1"), Change.Put("b", "2"), Change.Delete("a"), Change.Put("~", "outside"));
        Assert.Equal(["0@2: a=1@2 b=2@2 a-@2"], stream.ReadAll().Show());
    }

    [Fact]
    public void Batch_OfSeveralRevisions_ArrivesInOneResponse()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", "z");
        _fixture.Send(WatchMessage.Committed(_fixture.Store.Commit(
            [[Change.Put("a", "1")], [Change.Put("b", "1")], [Change.Put("a", "2"), Change.Put("b", "2")]])));
        Assert.Equal(["0@4: a=1@2 b=1@3 a=2@4 b=2@4"], stream.ReadAll().Show());
    }

    // A created response never promises a revision whose events still come.
    [Fact]
    public void Create_WhileTheLaneIsBehindTheStore_StartsAfterWhatIsPublished()
    {
        var unseen = _fixture.Store.Commit([[Change.Put("a", "1")]]);
        var stream = _fixture.OpenStream();
        stream.Request("a");
        _fixture.Run();
        _fixture.Send(WatchMessage.Committed(unseen));
        stream.RequestProgress();
        _fixture.Put("a", "2");
        Assert.Equal(["0@2: created", "-1@2:", "0@3: a=2@3"], stream.ReadAll().Show());
    }

    [Fact]
    public void Events_OfManyWatchers_ShareTheirBytes()
    {
        var streams = Enumerable.Range(0, 3).Select(_ => _fixture.OpenStream()).ToList();
        var frames = new List<WatchFrame>();
        var sink = new CollectingSink(frames);
        foreach (var (_, i) in streams.Select((stream, i) => (stream, i)))
        {
            _fixture.Post(WatchMessage.OpenStream(new WatchStreamId(100 + i), sink));
            _fixture.Post(WatchMessage.CreateWatcher(
                new WatchStreamId(100 + i), new WatcherRequest("a"u8.ToArray(), "b"u8.ToArray(), Revision.Zero, 0, WatchFilters.None, i == 2, false, false)));
        }

        _fixture.Run();
        frames.Clear();
        _fixture.Put("a");
        Assert.Equal(3, frames.Count);
        Assert.True(frames[0].Events.Span[0].Equals(frames[1].Events.Span[0]));
        // A creation has no prev_kv: even who wants it gets the same bytes.
        Assert.True(frames[0].Events.Span[0].Equals(frames[2].Events.Span[0]));
    }

    private sealed class CollectingSink(List<WatchFrame> frames) : IWatchStreamSink
    {
        public bool TryWrite(in WatchFrame frame)
        {
            frames.Add(frame);
            return true;
        }
    }
}

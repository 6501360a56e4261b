using KvStore.Node.Watch;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>Progress by request and by interval (contract 3.5; rows W2 to W4), and that an ended stream leaves nothing (W12).</summary>
public sealed class ProgressTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly WatchFixture _fixture = new(new WatchOptions
    {
        Prng = new Prng(7),
        ProgressInterval = Interval,
        StreamFramesMax = 2,
    });

    // W3: with no events at all.
    [Fact]
    public void Request_OnANewWatcher_IsAnsweredForTheWholeStream()
    {
        _fixture.Put("b");
        var stream = _fixture.OpenStream();
        stream.Create("a");
        stream.Create("b", start: 1);
        Assert.Equal(["1@2: b=v@2"], stream.ReadAll().Show());
        stream.RequestProgress();
        Assert.Equal(["-1@2:"], stream.ReadAll().Show());
    }

    [Fact]
    public void Request_WithoutWatchers_IsNotAnswered()
    {
        var stream = _fixture.OpenStream();
        stream.RequestProgress();
        stream.Create("a");
        _fixture.Put("b");
        Assert.Empty(stream.ReadAll());
    }

    // W2: the answer waits for the lagging watcher, and there is one for all requests that waited.
    [Fact]
    public void Request_WhileAWatcherLags_IsAnsweredAfterItsEvents()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a");
        stream.Create("b");
        for (var i = 0; i < 4; i++)
            _fixture.Put("a", $"{i}");
        stream.RequestProgress();
        stream.RequestProgress();
        Assert.Equal(2, stream.Waiting);
        Assert.Equal(["0@2: a=0@2", "0@3: a=1@3", "0@5: a=2@4 a=3@5", "-1@5:"], stream.ReadAll().Show());
    }

    [Fact]
    public void Request_WaitingForAWatcherThatIsCancelled_IsAnsweredForTheOthers()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a");
        stream.Create("b", start: 100);
        stream.RequestProgress();
        Assert.Empty(stream.ReadAll());
        stream.Cancel(1);
        Assert.Equal(["1@1: canceled", "-1@1:"], stream.ReadAll().Show());
    }

    // W2 within one batch of messages: the request came before the commit, the answer speaks of after it.
    [Fact]
    public void Request_InOneBatchWithACommit_IsAnsweredAfterTheEvents()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a");
        _fixture.Post(WatchMessage.RequestProgress(stream.Id));
        _fixture.Put("a", "1");
        Assert.Equal(["0@2: a=1@2", "-1@2:"], stream.ReadAll().Show());
    }

    [Fact]
    public void Interval_WithoutEvents_BringsANotification()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", progress: true);
        stream.Create("a");
        _fixture.Put("b");
        _fixture.Tick(Interval - TimeSpan.FromMilliseconds(1));
        Assert.Empty(stream.ReadAll());
        // At most a tenth late.
        _fixture.Tick(Interval / 10 + TimeSpan.FromMilliseconds(1));
        Assert.Equal(["0@2:"], stream.ReadAll().Show());
        _fixture.Tick(Interval * 1.1);
        Assert.Equal(["0@2:"], stream.ReadAll().Show());
    }

    [Fact]
    public void Interval_WithEvents_BringsNoNotification()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", progress: true);
        _fixture.Tick(Interval * 1.1);
        Assert.Equal(["0@1:"], stream.ReadAll().Show());
        _fixture.Put("a", "1");
        _fixture.Tick(Interval * 1.1);
        Assert.Equal(["0@2: a=1@2"], stream.ReadAll().Show());
        _fixture.Tick(Interval * 1.1);
        Assert.Equal(["0@2:"], stream.ReadAll().Show());
    }

    [Fact]
    public void Interval_WhileTheWatcherLags_BringsNoNotification()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", progress: true);
        for (var i = 0; i < 4; i++)
            _fixture.Put("a", $"{i}");
        _fixture.Tick(Interval * 1.1);
        Assert.Equal(2, stream.Waiting);
        Assert.Equal(["0@2: a=0@2", "0@3: a=1@3", "0@5: a=2@4 a=3@5"], stream.ReadAll().Show());
    }

    // W12
    [Fact]
    public void CloseStream_LeavesNothing()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a", progress: true);
        stream.Create("a", "b");
        stream.Create("c", start: 50);
        for (var i = 0; i < 9; i++)
            _fixture.Put("a", $"{i}");
        stream.RequestProgress();
        stream.Cancel(0);
        Assert.Equal(new WatchStatistics(1, 2, 1, 2, 2, 3, stream.WaitingBytes), _fixture.Statistics());
        stream.Close();
        stream.Close();
        stream.Cancel(1);
        _fixture.Put("a", "x");
        Assert.Equal(WatchStatistics.Empty with { EventsSent = 2 }, _fixture.Statistics());
    }

    // W12: the edge has not yet said so, but takes nothing any more.
    [Fact]
    public void Stream_WhoseSinkIsGone_IsForgotten()
    {
        var stream = _fixture.OpenStream();
        stream.Create("a");
        stream.IsGone = true;
        _fixture.Put("a");
        Assert.Equal(0, _fixture.Statistics().Streams);
        Assert.Equal(0, _fixture.Statistics().Watchers);
        stream.Close();
    }
}

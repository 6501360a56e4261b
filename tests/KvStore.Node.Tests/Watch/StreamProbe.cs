using Google.Protobuf;
using KvStore.Node.Watch;
using KvStore.Protocol.Etcd;

namespace KvStore.Node.Tests.Watch;

/// <summary>A client at the end of a stream: reads frames as whole responses when the test lets it, and returns the credit then.</summary>
internal sealed class StreamProbe(WatchFixture fixture, WatchStreamId id) : IWatchStreamSink
{
    private readonly Queue<WatchFrame> _frames = new();

    public WatchStreamId Id => id;

    public int Waiting => _frames.Count;

    public long WaitingBytes => _frames.Sum(frame => frame.Length);

    public bool IsGone { get; set; }

    public bool TryWrite(in WatchFrame frame)
    {
        if (IsGone)
            return false;
        _frames.Enqueue(frame);
        return true;
    }

    /// <summary>Reads the next response; null when there is none.</summary>
    public WatchResponse? TryRead()
    {
        if (!_frames.TryDequeue(out var frame))
            return null;
        fixture.Post(WatchMessage.Credit(id, 1, frame.Length));
        return Decode(frame);
    }

    public WatchResponse Read() => TryRead() ?? throw new InvalidOperationException("no response is waiting");

    /// <summary>Reads until nothing comes any more.</summary>
    public List<WatchResponse> ReadAll()
    {
        var responses = new List<WatchResponse>();
        while (TryRead() is { } response)
        {
            responses.Add(response);
            fixture.Run();
        }

        return responses;
    }

    public long Create(
        string key,
        string rangeEnd = "",
        long start = 0,
        long watchId = 0,
        WatchFilters filters = WatchFilters.None,
        bool previous = false,
        bool progress = false,
        bool fragment = false)
    {
        Request(key, rangeEnd, start, watchId, filters, previous, progress, fragment);
        fixture.Run();
        var created = Read();
        Assert.True(created.Created);
        Assert.False(created.Canceled, created.CancelReason);
        Assert.Empty(created.Events);
        return created.WatchId;
    }

    public void Request(
        string key,
        string rangeEnd = "",
        long start = 0,
        long watchId = 0,
        WatchFilters filters = WatchFilters.None,
        bool previous = false,
        bool progress = false,
        bool fragment = false) =>
        fixture.Post(WatchMessage.CreateWatcher(id, new WatcherRequest(
            System.Text.Encoding.UTF8.GetBytes(key),
            System.Text.Encoding.UTF8.GetBytes(rangeEnd),
            new(start),
            watchId,
            filters,
            previous,
            progress,
            fragment)));

    public void Cancel(long watchId) => fixture.Send(WatchMessage.CancelWatcher(id, watchId));

    public void RequestProgress() => fixture.Send(WatchMessage.RequestProgress(id));

    public void Close() => fixture.Send(WatchMessage.CloseStream(id));

    private static WatchResponse Decode(in WatchFrame frame)
    {
        var stream = new MemoryStream();
        stream.Write(frame.Head.Span);
        var head = stream.Length;
        foreach (var piece in frame.Events.Span)
            stream.Write(piece.Span);
        Assert.Equal(frame.EventsBytes, stream.Length - head);
        var body = stream.ToArray();
        var response = WatchResponse.Parser.ParseFrom(body);
        // Field by field what etcd's encoder would have written.
        Assert.Equal(response.ToByteArray(), body);
        response.Header = new ResponseHeader { Revision = frame.HeaderRevision.Value };
        return response;
    }
}

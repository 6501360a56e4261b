using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests.Ranges;

public sealed class RangeStreamTests : IDisposable
{
    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(7, 0, false)]
    [InlineData(10, 0, false)]
    [InlineData(95, 0, false)]
    [InlineData(100, 0, false)]
    [InlineData(-1, 0, false)]
    [InlineData(0, 50, false)]
    [InlineData(30, 50, false)]
    [InlineData(0, 0, true)]
    public void Chunks_Merged_AreTheRange(long limit, long revision, bool keysOnly)
    {
        Fill(100);
        var request = new RangeRequest
        {
            Key = Machine.Bytes("k"), RangeEnd = Machine.Bytes("l"), Limit = limit, Revision = revision, KeysOnly = keysOnly,
        };
        var (error, expected) = _machine.Range(request);
        Assert.Null(error);
        var chunks = Chunks(request, 1000, out _);
        Assert.Equal(expected, Merge(chunks));
        Assert.All(chunks.SkipLast(1), chunk => Assert.True(chunk is { Count: 0, More: false, Kvs.Count: > 0 }));
        Assert.Equal(limit is > 0 and < 10 ? (int)limit : 10, chunks[0].Kvs.Count);
    }

    [Fact]
    public void ChunkKeys_GrowWhileSmall_AndStayBoundedForLargeValues()
    {
        for (var i = 0; i < 40; i++)
            _machine.Put($"k{i:d3}", "v");
        for (var i = 40; i < 60; i++)
            _machine.Put($"k{i:d3}", new string('x', 900));
        var chunks = Chunks(new RangeRequest { Key = Machine.Bytes("k"), RangeEnd = Machine.Bytes("l") }, 1500, out _);
        Assert.Equal(10, chunks[0].Kvs.Count);
        Assert.Equal(20, chunks[1].Kvs.Count);
        // One pair may pass the bound, no more.
        Assert.All(chunks, chunk => Assert.True(chunk.CalculateSize() < 3000 + 1000));
        Assert.Equal(60, chunks.Sum(chunk => chunk.Kvs.Count));
    }

    [Fact]
    public void Writes_DuringTheStream_AreNotSeen()
    {
        Fill(30);
        var chunks = Chunks(new RangeRequest { Key = Machine.Bytes("k"), RangeEnd = Machine.Bytes("l") }, 1000, out var stream, () =>
        {
            _machine.Put("k0150", "new");
            _machine.Delete("k029");
        });
        Assert.Equal(31, stream.HeaderRevision.Value);
        Assert.Equal(30, Merge(chunks).Kvs.Count);
        Assert.Equal(30, Merge(chunks).Count);
    }

    [Fact]
    public void Compaction_PastTheRevision_EndsTheStream()
    {
        Fill(30);
        var stream = Open(new RangeRequest { Key = Machine.Bytes("k"), RangeEnd = Machine.Bytes("l") }, 1000);
        Assert.Null(Next(stream, out _));
        _machine.Put("k", "v");
        _machine.Compact(32);
        Assert.Equal(EtcdErrors.Compacted, Next(stream, out _));
    }

    [Theory]
    [InlineData(1, "etcdserver: mvcc: required revision has been compacted")]
    [InlineData(99, "etcdserver: mvcc: required revision is a future revision")]
    public void UnreadableRevision_IsRefusedAtOnce(long revision, string text)
    {
        Fill(3);
        _machine.Compact(3);
        var stream = Open(new RangeRequest { Key = Machine.Bytes("k"), Revision = revision }, 1000);
        Assert.Equal(text, Next(stream, out _)?.Text);
    }

    [Fact]
    public void CountOnly_IsOneChunk()
    {
        Fill(30);
        var chunks = Chunks(new RangeRequest { Key = Machine.Bytes("k"), RangeEnd = Machine.Bytes("l"), CountOnly = true }, 1000, out _);
        Assert.Equal([new RangeResponse { Count = 30 }], chunks);
    }

    private void Fill(int count)
    {
        for (var i = 0; i < count; i++)
            _machine.Put($"k{i:d3}", "value" + i);
    }

    private static RangeResponse Merge(IEnumerable<RangeResponse> chunks)
    {
        var merged = new RangeResponse();
        foreach (var chunk in chunks)
            merged.MergeFrom(chunk);
        return merged;
    }

    private List<RangeResponse> Chunks(RangeRequest request, int bytesTarget, out RangeStream stream, Action? between = null)
    {
        stream = Open(request, bytesTarget);
        var chunks = new List<RangeResponse>();
        while (!stream.IsFinished)
        {
            Assert.Null(Next(stream, out var chunk));
            chunks.Add(chunk);
            between?.Invoke();
        }

        return chunks;
    }

    private static RangeStream Open(RangeRequest request, int bytesTarget)
    {
        Assert.True(RangeFields.TryRead(request.ToByteArray(), out var range));
        Assert.Null(RequestValidator.CheckStream(range));
        return new RangeStream(range, bytesTarget);
    }

    private EtcdError? Next(RangeStream stream, out RangeResponse chunk)
    {
        using var view = _machine.Keys.OpenView();
        var body = new ByteWriter();
        var error = stream.Next(view, body);
        chunk = error is null ? RangeResponse.Parser.ParseFrom(body.WrittenSpan) : new RangeResponse();
        return error;
    }
}

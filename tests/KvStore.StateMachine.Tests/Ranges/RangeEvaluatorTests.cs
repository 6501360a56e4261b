using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests.Ranges;

/// <summary>The quirks by name; everything else is compared with the model (M20, <see cref="ApplierModelTests"/>).</summary>
public sealed class RangeEvaluatorTests : IDisposable
{
    private readonly Machine _machine = new();

    public RangeEvaluatorTests()
    {
        _machine.Grant(5, 60);
        _machine.Put("a", "3", 5);
        _machine.Put("b", "1");
        _machine.Put("c", "2");
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void SortTargetWithoutOrder_SortsWhatTheLimitLeftOver()
    {
        var request = All();
        request.SortTarget = RangeRequest.Types.SortTarget.Value;
        request.Limit = 1;
        var response = Done(request);
        // The first two keys were fetched (limit + 1), then sorted by value, then cut.
        Assert.Equal(["b"], KeysOf(response));
        Assert.True(response.More);
        Assert.Equal(3, response.Count);
    }

    [Fact]
    public void KeysOnly_ComesFromTheIndexWithoutTheLease_UnlessSortedByValue()
    {
        var request = All();
        request.KeysOnly = true;
        Assert.Equal(0, Done(request).Kvs[0].Lease);
        Assert.All(Done(request).Kvs, pair => Assert.True(pair.Value.IsEmpty));
        request.SortTarget = RangeRequest.Types.SortTarget.Value;
        var byValue = Done(request);
        Assert.Equal(["b", "c", "a"], KeysOf(byValue));
        Assert.Equal(5, byValue.Kvs[2].Lease);
        Assert.All(byValue.Kvs, pair => Assert.True(pair.Value.IsEmpty));
    }

    [Fact]
    public void Filters_LeaveTheCountAlone_AndMoreIsJudgedAfterThem()
    {
        var request = All();
        request.MaxModRevision = 3;
        request.Limit = 2;
        var response = Done(request);
        Assert.Equal(["a", "b"], KeysOf(response));
        Assert.Equal((false, 3), (response.More, response.Count));
    }

    [Theory]
    [InlineData(5, "etcdserver: mvcc: required revision is a future revision")]
    [InlineData(4, null)]
    [InlineData(3, null)]
    [InlineData(2, "etcdserver: mvcc: required revision has been compacted")]
    [InlineData(-7, null)]
    public void Revision_IsReadableFromTheCompactedOneToTheCurrent(long revision, string? text)
    {
        _machine.Compact(3);
        var request = All();
        request.Revision = revision;
        Assert.Equal(text, _machine.Range(request).Error?.Text);
    }

    [Theory]
    [InlineData("b", "b", 0)]
    [InlineData("c", "a", 0)]
    [InlineData("b", "\0", 2)]
    [InlineData("\0", "\0", 3)]
    [InlineData("b", "", 1)]
    public void RangeForms(string key, string end, int count) => Assert.Equal(count, _machine.RangeDone(key, end).Kvs.Count);

    [Fact]
    public void AnswerBeyondItsLimit_IsRefused()
    {
        Assert.True(RangeFields.TryRead(All().ToByteArray(), out var range));
        using var view = _machine.Keys.OpenView();
        Assert.Equal(EtcdErrors.ResponseTooLarge, RangeEvaluator.Evaluate(view, range, new ByteWriter(), 20));
    }

    private static RangeRequest All() => new() { Key = Machine.Bytes("\0"), RangeEnd = Machine.Bytes("\0") };

    private RangeResponse Done(RangeRequest request)
    {
        var (error, response) = _machine.Range(request);
        Assert.Null(error);
        return response;
    }

    private static IEnumerable<string> KeysOf(RangeResponse response) => response.Kvs.Select(pair => pair.Key.ToStringUtf8());
}

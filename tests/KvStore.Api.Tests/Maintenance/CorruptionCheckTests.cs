using Google.Protobuf;
using KvStore.Api.Maintenance;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Tests.Maintenance;

/// <summary>C15: a member whose data differs is named by an alarm, and nobody else.</summary>
public sealed class CorruptionCheckTests : IAsyncLifetime
{
    private static readonly MemberId Other = new(0xB);
    private static readonly MemberId Third = new(0xC);
    private readonly List<MemberId> _told = [];
    private ApiHost _host = null!;
    private CorruptionCheck _check = null!;
    private HashKVResponse _own = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        var self = _host.Member.Status.Members[0];
        _host.Member.Status = _host.Member.Status with { Members = [self, self with { Id = Other }, self with { Id = Third }] };
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        _own = await _host.CallAsync<HashKVResponse>("Maintenance/HashKV", new HashKVRequest());
        _check = new CorruptionCheck(_host.Member, _host.Services.Gateway, _host.Peers, new ApiOptions { Time = TimeProvider.System }) { OnCorrupt = _told.Add };
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Check_AllEqual_RaisesNothing()
    {
        Answer(other: _own.Hash, third: _own.Hash);
        await _check.CheckAsync(atCompaction: false, default);
        Assert.Empty(_told);
        Assert.True(await _check.IsSoundAsync(default));
    }

    [Fact]
    public async Task Check_OneDiffers_RaisesItsAlarmOnce()
    {
        Answer(other: _own.Hash, third: _own.Hash + 1);
        await _check.CheckAsync(atCompaction: false, default);
        await _check.CheckAsync(atCompaction: false, default);
        Assert.Equal([Third], _told);
        var alarms = await _host.CallAsync<AlarmResponse>("Maintenance/Alarm", new AlarmRequest());
        Assert.Equal([new AlarmMember { MemberID = Third.Value, Alarm = AlarmType.Corrupt }], alarms.Alarms);
        // What etcd does then: writes are refused, reads are not.
        Assert.Equal("DataLoss: etcdserver: corrupt cluster", await _host.RefusalAsync("KV/Put", KvServiceTests.Put("k", "w")));
        Assert.Single((await _host.CallAsync<RangeResponse>("KV/Range", new RangeRequest { Key = ByteString.CopyFromUtf8("k") })).Kvs);
    }

    /// <summary>The majority is right, also against the leader.</summary>
    [Fact]
    public async Task Check_TheLeaderDiffers_RaisesTheLeadersAlarm()
    {
        Answer(other: 5, third: 5);
        await _check.CheckAsync(atCompaction: false, default);
        Assert.Equal([_host.Member.Status.Self], _told);
    }

    [Fact]
    public async Task Check_OthersAreAwayOrCompactedElsewhere_RaisesNothing()
    {
        Answer(other: null, third: _own.Hash + 1, compacted: 9);
        await _check.CheckAsync(atCompaction: false, default);
        Assert.Empty(_told);
        Assert.True(await _check.IsSoundAsync(default));
    }

    [Fact]
    public async Task Start_AnotherDiffers_IsNotSound()
    {
        Answer(other: null, third: _own.Hash + 1);
        Assert.False(await _check.IsSoundAsync(default));
    }

    /// <summary>M21: a member of etcd 3.5 stops when it is asked for this; here nothing is raised.</summary>
    [Fact]
    public async Task Alarm_OfNoKnownKind_IsRefused()
    {
        foreach (var action in Enum.GetValues<AlarmRequest.Types.AlarmAction>())
        {
            var request = new AlarmRequest { Action = action, MemberID = 1, Alarm = (AlarmType)9 };
            Assert.Equal("InvalidArgument: etcdserver: invalid alarm", await _host.RefusalAsync("Maintenance/Alarm", request));
        }

        Assert.Empty((await _host.CallAsync<AlarmResponse>("Maintenance/Alarm", new AlarmRequest())).Alarms);
    }

    [Fact]
    public async Task PeerCall_IsAnsweredWithTheHash()
    {
        var answer = await _host.Services.PeerCalls.AnswerAsync("hashkv", new HashKVRequest { Revision = _own.Header.Revision }.ToByteArray());
        Assert.Equal(_own.Hash, HashKVResponse.Parser.ParseFrom(answer.Span).Hash);
        var refused = await Assert.ThrowsAsync<GrpcException>(async () => await _host.Services.PeerCalls.AnswerAsync("hashkv", new HashKVRequest { Revision = 99 }.ToByteArray()));
        Assert.Equal("etcdserver: mvcc: required revision is a future revision", refused.Status.Message);
    }

    private void Answer(uint? other, uint? third, long compacted = -1) => _host.Peers.Answer = (to, method, request) =>
    {
        Assert.Equal(("hashkv", _own.HashRevision), (method, HashKVRequest.Parser.ParseFrom(request.Span).Revision));
        var hash = (to == Other ? other : third) ?? throw new GrpcException(StatusCode.Unavailable, "away");
        return new HashKVResponse { Hash = hash, CompactRevision = to == Third ? compacted : -1, HashRevision = _own.HashRevision }.ToByteArray();
    };
}

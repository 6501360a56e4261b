using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>Draws the next request of some service and some caller by weights, and learns from the answers what to ask next.</summary>
internal sealed class ServicesMix
{
    private const string Root = "root";
    private const int ExpiringKeys = 3;

    private readonly ServerPair _servers;
    private readonly ulong _seed;
    private readonly Prng _random;
    private readonly AuthRequestGenerator _auth;
    private readonly MaintenanceRequests _maintenance;
    private readonly ClusterRequests _cluster;
    private readonly Membership _members = new();
    private readonly HashSet<string> _deletedUsers = [];
    private bool _isAuthOn;
    private bool _isRootIn;

    public ServicesMix(ServerPair servers, ulong seed)
    {
        _servers = servers;
        _seed = seed;
        _random = new Prng(seed + 1_000);
        _auth = new AuthRequestGenerator(seed);
        _maintenance = new MaintenanceRequests(_random.Fork());
        _cluster = new ClusterRequests(_random.Fork(), _members);
        Comparison = new ServicesComparison(_random.Fork(), _members);
    }

    public ServicesComparison Comparison { get; }

    public async Task BeginAsync()
    {
        var everybody = new RandomRequest("/etcdserverpb.Cluster/MemberList", new MemberListRequest(), MemberListResponse.Parser);
        _members.Begin((MemberListResponse)(await _servers.Grpc[0].AskAsync(everybody)).Response!, (MemberListResponse)(await _servers.Grpc[1].AskAsync(everybody)).Response!);
        foreach (var request in AuthRequestGenerator.Beginning())
            await Comparison.AskAsync(_servers, AuthRequestGenerator.Nobody, request, "beginning");
        (_isAuthOn, _isRootIn) = (true, true);
    }

    /// <summary>Nobody but root can change anything: without its token the rest would be refusals, and without its user nothing would be.</summary>
    public async Task LogInAsync(string password)
    {
        if (!_isAuthOn)
        {
            foreach (var request in AuthRequestGenerator.Restoring())
                await Comparison.AskAsync(_servers, AuthRequestGenerator.Nobody, request, "restoring root");
        }

        _isRootIn |= await Comparison.AskAsync(_servers, AuthRequestGenerator.Nobody, AuthRequestGenerator.LogIn(Root, password), "log in") is not null;
    }

    public async Task StepAsync(int number)
    {
        var (caller, request) = Next();
        var answer = await Comparison.AskAsync(_servers, caller, request, $"seed {_seed}, request {number} by '{caller}': {request.Path} {request.Message}");
        if (answer is null)
            return;
        _auth.Keys.Observe(request, answer);
        if (request.Message is AlarmRequest alarm)
            _maintenance.OnAnswered(alarm, (AlarmResponse)answer);
        if (request.Message is AuthEnableRequest or AuthDisableRequest)
            (_isAuthOn, _isRootIn) = (request.Message is AuthEnableRequest, false);
        else if (request.Message is AuthUserDeleteRequest deleted)
            _deletedUsers.Add(deleted.Name);
        else if (request.Message is AuthUserAddRequest added)
            _deletedUsers.Remove(added.Name);
        // A changed password ends its tokens.
        else if (request.Message is AuthUserChangePasswordRequest { Name: Root })
            _isRootIn = false;
    }

    /// <summary>
    /// A lease of the shortest time with some keys. When both servers have let it go, what is left is no longer chance: one revision, in
    /// which the keys went in their order. Of several leases the order would be each server's own.
    /// </summary>
    public async Task ExpireAsync(int number)
    {
        if (_maintenance.HasAlarm || (_isAuthOn && !_isRootIn))
            return;
        var lease = (2 * EdgeRequests.ShortLivedLeaseMin) + number;
        await AskRootAsync("/etcdserverpb.Lease/LeaseGrant", new LeaseGrantRequest { ID = lease, TTL = 1 }, LeaseGrantResponse.Parser);
        for (var i = ExpiringKeys; i > 0; i--)
            await AskRootAsync("/etcdserverpb.KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8($"expiring/{i}"), Lease = lease }, PutResponse.Parser);
        await Task.WhenAll(UntilGoneAsync(0, lease), UntilGoneAsync(1, lease));
        await AskRootAsync("/etcdserverpb.Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = lease, Keys = true }, LeaseTimeToLiveResponse.Parser);
        await AskRootAsync("/etcdserverpb.Maintenance/HashKV", new HashKVRequest(), HashKVResponse.Parser);
        var everything = new RangeRequest { Key = ByteString.CopyFromUtf8("expiring/"), RangeEnd = ByteString.CopyFromUtf8("expiring0") };
        if (await AskRootAsync("/etcdserverpb.KV/Range", everything, RangeResponse.Parser) is RangeResponse left)
            Assert.Empty(left.Kvs);
    }

    private async Task<IMessage?> AskRootAsync(string path, IMessage message, MessageParser parser)
    {
        var request = new RandomRequest(path, message, parser);
        var answer = await Comparison.AskAsync(_servers, _isAuthOn ? Root : AuthRequestGenerator.Nobody, request, $"seed {_seed}, expiring: {path} {message}");
        if (answer is not null)
            _auth.Keys.Observe(request, answer);
        return answer;
    }

    private async Task UntilGoneAsync(int side, long lease)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var request = new RandomRequest("/etcdserverpb.Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = lease }, LeaseTimeToLiveResponse.Parser);
        while ((await _servers.Grpc[side].AskAsync(request, Comparison.TokenOf(side, Root))).Response is not LeaseTimeToLiveResponse { GrantedTTL: 0 })
            await poll.WaitForNextTickAsync(timeout.Token);
    }

    private (string Caller, RandomRequest Request) Next()
    {
        // An alarm refuses most requests: it stays for a few only.
        if (_maintenance.HasAlarm && _random.Chance(1, 12))
            return (Root, _maintenance.Deactivate());
        while (true)
        {
            var next = Draw();
            if (IsComparable(next.Request) && !(_isAuthOn && AuthRequestGenerator.HasRoles(next.Caller) && HasRangeThatEndsBeforeItBegins(next.Request.Message)))
                return (_maintenance.HasAlarm && _isAuthOn ? Root : next.Caller, next.Request);
        }
    }

    /// <summary>
    /// By design 18: while an alarm is on, 3.5 asks nobody for permission. So it is on only while root has a token, which is the caller
    /// of everything then, and keeps it.
    /// </summary>
    private bool IsComparable(RandomRequest request) => request.Message switch
    {
        AlarmRequest { Action: AlarmRequest.Types.AlarmAction.Activate } => !_isAuthOn || _isRootIn,
        // By design 23: etcd may let in who was deleted soon after he was added.
        AuthenticateRequest login => !_deletedUsers.Contains(login.Name),
        AuthEnableRequest or AuthUserChangePasswordRequest { Name: Root } => !_maintenance.HasAlarm,
        // By design 20: puts within an inner transaction need no space in etcd.
        TxnRequest txn => !_maintenance.HasAlarm || !txn.Success.Concat(txn.Failure).Any(operation => operation.RequestTxn is not null),
        _ => true,
    };

    /// <summary>By design 22: whether etcd lets a user ask for such a range, which holds no key, depends on how its tree of permissions has grown.</summary>
    private static bool HasRangeThatEndsBeforeItBegins(IMessage request) => request switch
    {
        RangeRequest range => EndsBefore(range.Key, range.RangeEnd),
        DeleteRangeRequest delete => EndsBefore(delete.Key, delete.RangeEnd),
        TxnRequest txn => txn.Compare.Any(compare => EndsBefore(compare.Key, compare.RangeEnd))
            || txn.Success.Concat(txn.Failure).Any(operation => HasRangeThatEndsBeforeItBegins(
                (IMessage?)operation.RequestRange ?? (IMessage?)operation.RequestDeleteRange ?? (IMessage?)operation.RequestTxn ?? operation.RequestPut)),
        _ => false,
    };

    private static bool EndsBefore(ByteString key, ByteString end) => end.Length > 0 && end.Span is not [0] && end.Span.SequenceCompareTo(key.Span) < 0;

    private (string Caller, RandomRequest Request) Draw() => _random.Below(100) switch
    {
        < 18 => (_random.Chance(4, 5) ? Root : _auth.Caller(), _auth.Change()),
        < 28 => (_random.Chance(4, 5) ? Root : _auth.Caller(), _cluster.Next()),
        < 40 => (_random.Chance(4, 5) ? Root : _auth.Caller(), _maintenance.Next(_auth.Keys.Revision, _auth.Keys.Compactions)),
        < 44 => (_auth.Caller(), new RandomRequest("/etcdserverpb.Lease/LeaseKeepAlive", _auth.Keys.KeepAlive(), LeaseKeepAliveResponse.Parser)),
        _ => (_auth.Caller(), _auth.Keys.Next()),
    };
}

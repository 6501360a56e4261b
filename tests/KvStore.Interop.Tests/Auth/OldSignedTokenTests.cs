using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Auth;

/// <summary>
/// What a signed token is still good for after a change of users: etcd judges its revision where keys are asked for, and nowhere else.
/// </summary>
public sealed class OldSignedTokenTests
{
    private const string Outdated = "InvalidArgument: etcdserver: revision of auth store is old";
    private static readonly string[] _users = ["root", "alice", "gone"];
    private static readonly ByteString _key = ByteString.CopyFromUtf8("k");

    [Fact]
    public async Task OldToken_IsGoodForWhatItIsGoodForInEtcd()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.Combine("secret"), "what the members of the cluster know");
        var flag = $"--auth-token=jwt,sign-method=HS256,priv-key={folder.Combine("secret")},ttl=10m";
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"), "--bcrypt-cost=4", flag);
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"), "--bcrypt-cost=4", flag);
        etcd.Start();
        ours.Start();
        var expected = await OutcomesAsync(etcd);
        Assert.Equal(string.Join('\n', expected), string.Join('\n', await OutcomesAsync(ours)));
        Assert.Equal(_users.Select(user => $"{user} Range: {Outdated}"), expected.Where(line => line.Contains(" Range:", StringComparison.Ordinal)).Distinct());
        Assert.Contains("root UserList: OK", expected);
        Assert.Contains("gone LeaseGrant: OK", expected);
    }

    private static async Task<List<string>> OutcomesAsync(ServerProcess server)
    {
        await server.UntilReadyAsync();
        using var channel = new GrpcChannel("http://" + server.Endpoint);
        var old = await FillAsync(channel);
        var outcomes = new List<string>();
        foreach (var user in _users)
        {
            foreach (var (path, request) in Requests())
                outcomes.Add($"{user} {path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..]}: {await OutcomeAsync(channel, path, request, old[user])}");
        }

        return outcomes;
    }

    /// <summary>Tokens from before a user was deleted.</summary>
    private static async Task<Dictionary<string, string>> FillAsync(GrpcChannel channel)
    {
        await AskAsync(channel, "Lease/LeaseGrant", new LeaseGrantRequest { ID = 7, TTL = 600 });
        await AskAsync(channel, "KV/Put", new PutRequest { Key = _key, Lease = 7 });
        foreach (var user in _users)
            await AskAsync(channel, "Auth/UserAdd", new AuthUserAddRequest { Name = user, Password = "p" });
        await AskAsync(channel, "Auth/RoleAdd", new AuthRoleAddRequest { Name = "keys" });
        var keys = new Permission { PermType = Permission.Types.Type.Readwrite, Key = _key };
        await AskAsync(channel, "Auth/RoleGrantPermission", new AuthRoleGrantPermissionRequest { Name = "keys", Perm = keys });
        foreach (var (user, role) in new[] { ("root", "root"), ("alice", "keys"), ("gone", "keys") })
            await AskAsync(channel, "Auth/UserGrantRole", new AuthUserGrantRoleRequest { User = user, Role = role });
        await AskAsync(channel, "Auth/AuthEnable", new AuthEnableRequest());
        var tokens = new Dictionary<string, string>();
        foreach (var user in _users)
            tokens.Add(user, AuthenticateResponse.Parser.ParseFrom((await AskAsync(channel, "Auth/Authenticate", new AuthenticateRequest { Name = user, Password = "p" })).Span).Token);
        await AskAsync(channel, "Auth/UserDelete", new AuthUserDeleteRequest { Name = "gone" }, tokens["root"]);
        return tokens;
    }

    private static IEnumerable<(string Path, IMessage Request)> Requests()
    {
        yield return ("KV/Range", new RangeRequest { Key = _key });
        yield return ("KV/Range", new RangeRequest { Key = _key, Serializable = true });
        yield return ("KV/Put", new PutRequest { Key = _key });
        yield return ("KV/Put", new PutRequest { Key = _key, Lease = 7 });
        yield return ("KV/DeleteRange", new DeleteRangeRequest { Key = ByteString.CopyFromUtf8("z") });
        yield return ("KV/Txn", new TxnRequest { Success = { new RequestOp { RequestPut = new PutRequest { Key = _key } } } });
        yield return ("KV/Compact", new CompactionRequest { Revision = 1 });
        yield return ("Lease/LeaseGrant", new LeaseGrantRequest { ID = 8, TTL = 600 });
        yield return ("Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = 8 });
        yield return ("Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = 7, Keys = true });
        yield return ("Lease/LeaseLeases", new LeaseLeasesRequest());
        yield return ("Lease/LeaseRevoke", new LeaseRevokeRequest { ID = 8 });
        yield return ("Maintenance/Alarm", new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Get });
        yield return ("Maintenance/Alarm", new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Deactivate, Alarm = AlarmType.Nospace });
        yield return ("Cluster/MemberList", new MemberListRequest());
        yield return ("Auth/UserList", new AuthUserListRequest());
        yield return ("Auth/UserGet", new AuthUserGetRequest { Name = "alice" });
        yield return ("Auth/RoleList", new AuthRoleListRequest());
        yield return ("Auth/RoleGet", new AuthRoleGetRequest { Role = "keys" });
        yield return ("Lease/LeaseRevoke", new LeaseRevokeRequest { ID = 70 });
    }

    private static async Task<string> OutcomeAsync(GrpcChannel channel, string path, IMessage request, string token)
    {
        try
        {
            await AskAsync(channel, path, request, token);
            return "OK";
        }
        catch (GrpcException refused)
        {
            return refused.Status.ToString();
        }
    }

    private static Task<ReadOnlyMemory<byte>> AskAsync(GrpcChannel channel, string path, IMessage request, string? token = null)
    {
        var headers = new Metadata();
        if (token is not null)
            headers.Add("token", token);
        return channel.UnaryAsync("/etcdserverpb." + path, request.ToByteArray(), new CallOptions { Headers = headers, Timeout = TimeSpan.FromSeconds(30) });
    }
}

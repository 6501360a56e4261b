using Google.Protobuf;
using KvStore.Api.Security;
using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Tests.Auth;

/// <summary>What happens when users change at the wrong moment, and when a token is asked for before it is known.</summary>
public sealed class JudgedReadTests : IAsyncLifetime, IDisposable
{
    private readonly SimpleTokens _tokens = new(TimeProvider.System, TimeSpan.FromMinutes(5));
    private ApiHost _host = null!;

    private Caller Root => new("root", _host.Member.Auth.Revision);

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync(security: ApiHost.SecurityWith(_tokens));
        _host.Member.Apply(CommandKind.UserAdd, new AuthUserAddRequest { Name = "root" });
        _host.Member.Apply(CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        _host.Member.Apply(CommandKind.UserAdd, new AuthUserAddRequest { Name = "second" });
        _host.Member.Apply(CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "second", Role = "root" });
        _tokens.Assign("second", "token.1");
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _tokens.Dispose();

    // C13: a permission that was taken away is not used on a state that came after it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_UserChangesBeforeItsView_IsToldToAskAgain(bool isTxn)
    {
        Enable();
        _host.Member.BeforeNextView = () =>
        {
            _host.Member.Apply(CommandKind.UserRevokeRole, new AuthUserRevokeRoleRequest { Name = "second", Role = "root" }, Root);
            _host.Member.Apply(CommandKind.Put, new PutRequest { Key = Key, Value = ByteString.CopyFromUtf8("secret") }, Root);
        };
        var refusal = isTxn
            ? await _host.RefusalAsync("KV/Txn", new TxnRequest { Success = { new RequestOp { RequestRange = Range } } }, As("token.1"))
            : await _host.RefusalAsync("KV/Range", Range, As("token.1"));
        Assert.Equal("InvalidArgument: etcdserver: revision of auth store is old", refusal);
        Assert.Equal("PermissionDenied: etcdserver: permission denied", await _host.RefusalAsync("KV/Range", Range, As("token.1")));
    }

    [Fact]
    public async Task Read_AuthenticationComesOnBeforeItsView_IsJudgedAfterAll()
    {
        _host.Member.BeforeNextView = Enable;
        Assert.Equal("InvalidArgument: etcdserver: user name is empty", await _host.RefusalAsync("KV/Range", Range));
        Assert.Equal(0, (await _host.CallAsync<RangeResponse>("KV/Range", Range, As("token.1"))).Count);
    }

    // #20874: a token is good on every member, also on one that has not applied the entry which assigned it.
    [Fact]
    public async Task Token_NotAppliedHereYet_IsWaitedFor()
    {
        Enable();
        _host.Member.Status = _host.Member.Status with { AppliedIndex = new LogIndex(5) };
        _host.Member.AtNextRead = () => _tokens.Assign("second", "later.9");
        await _host.CallAsync<PutResponse>("KV/Put", new PutRequest { Key = Key }, As("later.9"));
        Assert.Equal(1, _host.Member.Reads);
        // One that should be known is not waited for.
        Assert.Equal("Unauthenticated: etcdserver: invalid auth token", await _host.RefusalAsync("KV/Put", new PutRequest { Key = Key }, As("never.5")));
        Assert.Equal(1, _host.Member.Reads);
    }

    [Theory]
    [InlineData("token", "token.1")]
    [InlineData("authorization", "token.1")]
    [InlineData("authorization", "Bearer token.1")]
    public async Task Token_UnderEitherName_IsTaken(string name, string value)
    {
        Enable();
        var headers = new Metadata();
        headers.Add(name, value);
        await _host.CallAsync<PutResponse>("KV/Put", new PutRequest { Key = Key }, headers);
    }

    private static ByteString Key => ByteString.CopyFromUtf8("k");

    private static RangeRequest Range => new() { Key = Key, Serializable = true };

    private static Metadata As(string token)
    {
        var headers = new Metadata();
        headers.Add("token", token);
        return headers;
    }

    private void Enable() => _host.Member.Apply(CommandKind.AuthEnable, new AuthEnableRequest());
}

using Google.Protobuf;
using KvStore.Api.Calls;
using KvStore.Api.Security;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests.Auth;

/// <summary>
/// A real node with authentication on, and callers of every kind: <c>root</c>, <c>writer</c> and <c>reader</c> of the keys from k/ to
/// k0, <c>plain</c> without a role; and tokens that are none: <c>unknown</c>, and <c>gone</c>, of a root user who was deleted.
/// </summary>
internal sealed class AuthHost : IAsyncDisposable
{
    public const string Password = "canary-5c1f";

    public const long SecretLease = 7;
    public const long EmptyLease = 8;
    public const long ReadableLease = 9;

    private readonly Dictionary<string, string> _tokens = new() { ["unknown"] = "abcdefghijklmnop.1" };

    private AuthHost(ApiHost api) => Api = api;

    public ApiHost Api { get; }

    public static async Task<AuthHost> StartAsync(CallerSecurity? security = null)
    {
        var options = new ApiOptions { Time = TimeProvider.System, TickInterval = TimeSpan.FromMilliseconds(10) };
        var calls = new PendingCalls(options);
        security ??= ApiHost.SecurityWith(new SimpleTokens(options.Time, TimeSpan.FromMinutes(5)));
        var host = new AuthHost(await ApiHost.ServeAsync(new SingleNode(calls, security.Tokens as StateMachine.ITokenAssignments), calls, options, security));
        await host.FillAsync();
        return host;
    }

    /// <summary>The metadata of a caller; empty for "nobody".</summary>
    public Metadata As(string caller)
    {
        var headers = new Metadata();
        if (caller != "nobody")
            headers.Add("token", _tokens[caller]);
        return headers;
    }

    public string TokenOf(string caller) => _tokens[caller];

    public Task<TResponse> CallAsync<TResponse>(string caller, string method, IMessage request)
        where TResponse : IMessage<TResponse>, new() => Api.CallAsync<TResponse>(method, request, As(caller));

    public Task<string> RefusalAsync(string caller, string method, IMessage request) => Api.RefusalAsync(method, request, As(caller));

    /// <summary>The status of a call; of a stream, that of its first answer. "OK" when it was answered, or still waits for something to tell.</summary>
    public async Task<string> OutcomeAsync(string caller, string path, bool isStream, IMessage request)
    {
        var options = new CallOptions { Headers = As(caller), Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            if (!isStream)
                await Api.Channel.UnaryAsync(path, request.ToByteArray(), options);
            else
                return await FirstAsync(path, request, options);
            return "OK";
        }
        catch (GrpcException refused)
        {
            return refused.Status.ToString();
        }
    }

    public async Task LogInAsync(string user)
    {
        var answer = await Api.CallAsync<AuthenticateResponse>("Auth/Authenticate", new AuthenticateRequest { Name = user, Password = Password });
        _tokens[user] = answer.Token;
    }

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    private async Task<string> FirstAsync(string path, IMessage request, CallOptions options)
    {
        // What has nothing to tell yet was let in.
        using var stream = Api.Channel.OpenStream(path, options with { Timeout = TimeSpan.FromMilliseconds(700) });
        await stream.WriteAsync(request.ToByteArray());
        try
        {
            if (!await stream.MoveNextAsync() || request is not WatchRequest)
                return "OK";
            var created = WatchResponse.Parser.ParseFrom(stream.Current.Span);
            return created.Canceled ? created.CancelReason : "OK";
        }
        catch (GrpcException late) when (late.Code == StatusCode.DeadlineExceeded)
        {
            return "OK";
        }
    }

    private async Task FillAsync()
    {
        foreach (var user in new[] { "root", "writer", "reader", "plain", "gone" })
            await Api.CallAsync<AuthUserAddResponse>("Auth/UserAdd", new AuthUserAddRequest { Name = user, Password = Password });
        await RoleAsync("reads", Permission.Types.Type.Read, "reader");
        await RoleAsync("writes", Permission.Types.Type.Write, "writer");
        foreach (var user in new[] { "root", "gone" })
            await Api.CallAsync<AuthUserGrantRoleResponse>("Auth/UserGrantRole", new AuthUserGrantRoleRequest { User = user, Role = "root" });
        foreach (var lease in new[] { SecretLease, EmptyLease, ReadableLease })
            await Api.CallAsync<LeaseGrantResponse>("Lease/LeaseGrant", new LeaseGrantRequest { ID = lease, TTL = 600 });
        await Api.CallAsync<PutResponse>("KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8("secret"), Lease = SecretLease });
        await Api.CallAsync<PutResponse>("KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8("k/9"), Lease = ReadableLease });
        await Api.CallAsync<AuthEnableResponse>("Auth/AuthEnable", new AuthEnableRequest());
        foreach (var user in new[] { "root", "writer", "reader", "plain", "gone" })
            await LogInAsync(user);
        await CallAsync<AuthUserDeleteResponse>("root", "Auth/UserDelete", new AuthUserDeleteRequest { Name = "gone" });
    }

    private async Task RoleAsync(string role, Permission.Types.Type type, string user)
    {
        await Api.CallAsync<AuthRoleAddResponse>("Auth/RoleAdd", new AuthRoleAddRequest { Name = role });
        var permission = new Permission { PermType = type, Key = ByteString.CopyFromUtf8("k/"), RangeEnd = ByteString.CopyFromUtf8("k0") };
        await Api.CallAsync<AuthRoleGrantPermissionResponse>("Auth/RoleGrantPermission", new AuthRoleGrantPermissionRequest { Name = role, Perm = permission });
        await Api.CallAsync<AuthUserGrantRoleResponse>("Auth/UserGrantRole", new AuthUserGrantRoleRequest { User = user, Role = role });
    }
}

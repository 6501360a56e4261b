using KvStore.Client;
using KvStore.Ctl.Tests.Support;
using KvStore.Grpc.Client;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Arguments;

public sealed class TokenTests
{
    /// <summary>Method: a token fetched elsewhere is enough; a wrong one and none are refused in the server's words.</summary>
    [Fact]
    public async Task AuthJwtToken_IsWhatTheServerJudges()
    {
        using var folder = new TestFolder();
        using var server = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        server.Start();
        await server.UntilReadyAsync();
        using var client = new KvClient(server.Endpoint);
        await client.Auth.UserAddAsync(new AuthUserAddRequest { Name = "root", Password = "secret", Options = new UserAddOptions() });
        await client.Auth.RoleAddAsync(new AuthRoleAddRequest { Name = "root" });
        await client.Auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        await client.Auth.EnableAsync(new AuthEnableRequest());
        using var channel = new GrpcChannel(server.Endpoint);
        var request = new AuthenticateRequest { Name = "root", Password = "secret" };
        var token = (await channel.UnaryAsync("/etcdserverpb.Auth/Authenticate", request, AuthenticateResponse.Parser)).Token;

        Assert.Equal((0, "OK\n", ""), await RunAsync(server, "--auth-jwt-token", token));
        Assert.Equal((1, "", "Error: etcdserver: invalid auth token\n"), await RunAsync(server, "--auth-jwt-token", "wrong"));
        Assert.Equal((1, "", "Error: etcdserver: user name is empty\n"), await RunAsync(server));
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(ServerProcess server, params string[] flags)
    {
        var run = new CtlRun();
        return (await run.RunAsync(["--endpoints", server.Endpoint, .. flags, "put", "a", "b"]), run.Output, run.Errors);
    }
}

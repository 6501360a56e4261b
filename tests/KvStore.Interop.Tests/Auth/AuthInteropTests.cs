using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Hosting;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Auth;

/// <summary>Users, roles and passwords as etcd's tools and etcd's data have them.</summary>
public sealed partial class AuthInteropTests
{
    private const string CheapHashes = "--bcrypt-cost=4";

    [Fact]
    public Task Etcdctl_SeesWhatItSeesInEtcd() => CompareAsync(Checkout.Etcdctl, Checkout.Server);

    [Fact]
    public Task Kvctl_PrintsWhatEtcdctlPrints() => CompareAsync(Checkout.Ctl, Checkout.Server);

    /// <summary>A hash taken out of a real etcd's data lets its user in here, whatever letters the password has.</summary>
    [Theory]
    [InlineData("simple")]
    [InlineData("pässwörd ✓ 漢字")]
    [InlineData("72 bytes: 0123456789012345678901234567890123456789012345678901234567890")]
    public async Task HashOfEtcd_LetsItsUserInHere(string password)
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"), CheapHashes);
        etcd.Start();
        await etcd.UntilReadyAsync();
        using (var theirs = new GrpcChannel("http://" + etcd.Endpoint))
            await AskAsync<AuthUserAddResponse>(theirs, "UserAdd", new AuthUserAddRequest { Name = "alice", Password = password });
        await etcd.TerminateAsync();
        var database = Directory.GetFiles(folder.Combine("etcd"), "db", SearchOption.AllDirectories).Single();
        var hash = Hash().Match(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(database))).Value;

        Assert.True(BcryptPasswords.Instance.Matches(password, hash));
        Assert.False(BcryptPasswords.Instance.Matches(password + "x", hash) && password.Length < 60);
        using var server = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"), CheapHashes);
        await LogsInAsync(server, hash, password);
    }

    /// <summary>And the other way round: a hash made here lets its user into etcd.</summary>
    [Fact]
    public async Task HashMadeHere_LetsItsUserIntoEtcd()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"), CheapHashes);
        await LogsInAsync(etcd, BcryptPasswords.Instance.Hash("pässwörd ÿ", 4), "pässwörd ÿ");
    }

    private static async Task LogsInAsync(ServerProcess server, string hash, string password)
    {
        server.Start();
        await server.UntilReadyAsync();
        using var channel = new GrpcChannel("http://" + server.Endpoint);
        foreach (var user in new[] { "root", "alice" })
            await AskAsync<AuthUserAddResponse>(channel, "UserAdd", new AuthUserAddRequest { Name = user, Password = "first" });
        await AskAsync<AuthUserGrantRoleResponse>(channel, "UserGrantRole", new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        var encoded = Convert.ToBase64String(Encoding.ASCII.GetBytes(hash));
        await AskAsync<AuthUserChangePasswordResponse>(channel, "UserChangePassword", new AuthUserChangePasswordRequest { Name = "alice", HashedPassword = encoded });
        await AskAsync<AuthEnableResponse>(channel, "AuthEnable", new AuthEnableRequest());
        var token = await AskAsync<AuthenticateResponse>(channel, "Authenticate", new AuthenticateRequest { Name = "alice", Password = password });
        Assert.NotEmpty(token.Token);
        var refused = await Assert.ThrowsAsync<GrpcException>(() =>
            AskAsync<AuthenticateResponse>(channel, "Authenticate", new AuthenticateRequest { Name = "alice", Password = "first" }));
        Assert.Equal("etcdserver: authentication failed, invalid user ID or password", refused.Status.Message);
    }

    private static async Task CompareAsync(string client, string program)
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"), CheapHashes);
        using var other = ServerProcess.OneMember(program, folder.Combine("other"), CheapHashes);
        etcd.Start();
        other.Start();
        await etcd.UntilReadyAsync();
        await other.UntilReadyAsync();
        var running = new AuthScript(Checkout.Etcdctl, etcd.Endpoint).RunAsync();
        var actual = await new AuthScript(client, other.Endpoint).RunAsync();
        var expected = await running;
        Assert.True(expected.Count > 80, "the script ran");
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    private static async Task<TResponse> AskAsync<TResponse>(GrpcChannel channel, string method, IMessage request)
        where TResponse : IMessage<TResponse>, new()
    {
        var answer = await channel.UnaryAsync("/etcdserverpb.Auth/" + method, request.ToByteArray(), new CallOptions { Timeout = TimeSpan.FromSeconds(30) });
        return new MessageParser<TResponse>(() => new TResponse()).ParseFrom(answer.Span);
    }

    [GeneratedRegex(@"\$2a\$04\$[./A-Za-z0-9]{53}")]
    private static partial Regex Hash();
}

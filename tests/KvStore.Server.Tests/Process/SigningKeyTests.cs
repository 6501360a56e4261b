using System.Security.Cryptography;
using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Process;

/// <summary>Keys of signed tokens that change on disk while the member runs.</summary>
public sealed class SigningKeyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Keys_Replaced_OutdateOldTokens_AndRubbishChangesNothing()
    {
        using var folder = new TestFolder();
        var (publicKey, privateKey) = (folder.Combine("jwt.pub"), folder.Combine("jwt.key"));
        Write(publicKey, privateKey);
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--auth-token", $"jwt,sign-method=ES256,pub-key={publicKey},priv-key={privateKey},ttl=1h");
        member.Start();
        await member.UntilReadyAsync();
        using var channel = new GrpcChannel("http://" + member.Endpoint);
        await EnableAsync(channel);
        var old = await LogInAsync(channel);
        await ReadAsync(channel, old);

        Write(publicKey, privateKey);
        await UntilSaidAsync(member, "changed keys of signed tokens are in force");
        var refused = await Assert.ThrowsAsync<GrpcException>(() => ReadAsync(channel, old));
        Assert.Equal((StatusCode.Unauthenticated, "etcdserver: invalid auth token"), (refused.Code, refused.Status.Message));
        var renewed = await LogInAsync(channel);
        await ReadAsync(channel, renewed);

        File.WriteAllText(privateKey, "no key at all");
        await UntilSaidAsync(member, "changed keys of signed tokens cannot be used; those before stay in force");
        await ReadAsync(channel, renewed);
        await ReadAsync(channel, await LogInAsync(channel));
    }

    /// <summary>A member with the public key only takes tokens that others have signed, and signs none.</summary>
    [Fact]
    public async Task PublicKeyAlone_SignsNothing()
    {
        using var folder = new TestFolder();
        var (publicKey, privateKey) = (folder.Combine("jwt.pub"), folder.Combine("jwt.key"));
        Write(publicKey, privateKey);
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--auth-token", $"jwt,sign-method=ES256,pub-key={publicKey}");
        member.Start();
        await member.UntilReadyAsync();
        using var channel = new GrpcChannel("http://" + member.Endpoint);
        await EnableAsync(channel);

        var refused = await Assert.ThrowsAsync<GrpcException>(() => LogInAsync(channel));

        Assert.Equal((EtcdErrors.VerifyOnly.Text, "auth: token signing attempted with verify-only key"), (refused.Status.Message, refused.Status.Message));
    }

    private static async Task EnableAsync(GrpcChannel channel)
    {
        await CallAsync(channel, "Auth/UserAdd", new AuthUserAddRequest { Name = "root", Password = "root" });
        await CallAsync(channel, "Auth/UserGrantRole", new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        await CallAsync(channel, "Auth/AuthEnable", new AuthEnableRequest());
    }

    private static void Write(string publicKey, string privateKey)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(publicKey, key.ExportSubjectPublicKeyInfoPem());
        File.WriteAllText(privateKey, key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task<string> LogInAsync(GrpcChannel channel)
    {
        var answer = await CallAsync(channel, "Auth/Authenticate", new AuthenticateRequest { Name = "root", Password = "root" });
        return AuthenticateResponse.Parser.ParseFrom(answer.Span).Token;
    }

    private static Task<ReadOnlyMemory<byte>> ReadAsync(GrpcChannel channel, string token)
    {
        var headers = new Metadata();
        headers.Add("token", token);
        return CallAsync(channel, "KV/Range", new RangeRequest { Key = ByteString.CopyFromUtf8("key") }, headers);
    }

    private static Task<ReadOnlyMemory<byte>> CallAsync(GrpcChannel channel, string method, IMessage request, Metadata? headers = null) =>
        channel.UnaryAsync("/etcdserverpb." + method, request.ToByteArray(), new CallOptions { Headers = headers ?? Metadata.Empty });

    private static async Task UntilSaidAsync(ServerProcess member, string words)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!member.Process.Errors.Contains(words, StringComparison.Ordinal))
            await poll.WaitForNextTickAsync(limit.Token);
    }
}

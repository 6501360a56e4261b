using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using KvStore.Api.Security;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Tests.Auth;

public sealed class JwtTokensTests
{
    private static readonly AuthRevision Current = new(7);
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    [InlineData("HS256")]
    [InlineData("HS384")]
    public void Token_IsSignedAndRead_UntilItEnds(string method)
    {
        var (publicKey, privateKey) = KeysOf(method);
        using var signing = new JwtTokens(JwtKey.Load(method, publicKey, privateKey), _time, TimeSpan.FromMinutes(5));
        using var verifying = publicKey is null ? null : new JwtTokens(JwtKey.Load(method, publicKey, null), _time, TimeSpan.FromMinutes(5));
        var token = signing.Sign("älice", Current)!;
        foreach (var tokens in new[] { signing, verifying }.OfType<JwtTokens>())
        {
            Assert.True(tokens.TryIdentify(token, new AuthRevision(99), out var caller));
            Assert.Equal(new Caller("älice", Current), caller);
            Assert.False(tokens.TryIdentify(token[..^4] + "AAAA", Current, out _));
        }

        Assert.Null(verifying?.Sign("a", Current));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(signing.TryIdentify(token, Current, out _));
    }

    // #15676: tokens that are signed well and say too little, or nonsense, are no tokens and no failure.
    [Theory]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("""7""")]
    [InlineData("""{"username":"a"}""")]
    [InlineData("""{"revision":7}""")]
    [InlineData("""{"username":7,"revision":7}""")]
    [InlineData("""{"username":"a","revision":"7"}""")]
    [InlineData("""{"username":"a","revision":-1}""")]
    [InlineData("""{"username":"a","revision":0}""")]
    [InlineData("""{"username":"a","revision":1e300}""")]
    [InlineData("""{"username":"a","revision":7,"exp":"soon"}""")]
    [InlineData("""{"username":"a","revision":7,"exp":1}""")]
    [InlineData("""{"username":"a","revision":7,"nbf":99999999999}""")]
    [InlineData("""{"username":"\ud800","revision":7}""")]
    [InlineData("""{"username":"a","revision":7""")]
    [InlineData("")]
    public void SignedNonsense_IsNoToken(string claims)
    {
        using var tokens = Symmetric(out var secret);
        Assert.False(tokens.TryIdentify(Token("""{"alg":"HS256"}""", claims, secret), Current, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d")]
    [InlineData("####.####.####")]
    [InlineData("eyJhbGciOiJcdWQ4MDAifQ.eyJ1c2VybmFtZSI6InJvb3QiLCJyZXZpc2lvbiI6MX0.AAAA")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6InJvb3QiLCJyZXZpc2lvbiI6MX0.")]
    public void Nonsense_IsNoToken(string token)
    {
        using var tokens = Symmetric(out _);
        Assert.False(tokens.TryIdentify(token, Current, out _));
    }

    /// <summary>Which method verifies is the server's choice: else the public key of RS could be the secret of HS.</summary>
    [Fact]
    public void MethodOfTheToken_IsNotObeyed()
    {
        var (publicKey, privateKey) = KeysOf("RS256");
        using var tokens = new JwtTokens(JwtKey.Load("RS256", publicKey, privateKey), _time, TimeSpan.FromMinutes(5));
        const string claims = """{"username":"root","revision":7}""";
        Assert.False(tokens.TryIdentify(Token("""{"alg":"HS256"}""", claims, publicKey!), Current, out _));
        Assert.False(tokens.TryIdentify(Token("""{"alg":"RS256"}""", claims, publicKey!), Current, out _));
        Assert.False(tokens.TryIdentify(Token("""{"alg":"none"}""", claims, publicKey!), Current, out _));
        Assert.False(tokens.TryIdentify(Token("""{}""", claims, publicKey!), Current, out _));
    }

    [Fact]
    public void Keys_ThatDoNotFit_AreRefused()
    {
        var (publicKey, privateKey) = KeysOf("ES256");
        var other = KeysOf("ES256").Public;
        Assert.Equal("auth: sign and verify keys don't match", Assert.Throws<ArgumentException>(() => JwtKey.Load("ES256", other, privateKey)).Message);
        Assert.Equal("auth: missing key data", Assert.Throws<ArgumentException>(() => JwtKey.Load("RS256", null, null)).Message);
        Assert.Equal("auth: missing key data", Assert.Throws<ArgumentException>(() => JwtKey.Load("HS256", publicKey, null)).Message);
        Assert.Equal("auth: ES384 needs a key of 384 bits", Assert.Throws<ArgumentException>(() => JwtKey.Load("ES384", publicKey, privateKey)).Message);
        foreach (var method in new[] { "", "none", "RS128", "XX256", "EdDSA" })
            Assert.Equal("auth: invalid auth signature method", Assert.Throws<ArgumentException>(() => JwtKey.Load(method, publicKey, privateKey)).Message);
    }

    /// <summary>A signed token ends with the users it was signed for.</summary>
    [Fact]
    public async Task LogIn_GivesATokenThatAChangeOutdates()
    {
        var (publicKey, privateKey) = KeysOf("ES256");
        var tokens = new JwtTokens(JwtKey.Load("ES256", publicKey, privateKey), TimeProvider.System, TimeSpan.FromMinutes(5));
        await using var host = await AuthHost.StartAsync(ApiHost.SecurityWith(tokens));
        // A user was deleted after the last log-in.
        Assert.Equal(
            "InvalidArgument: etcdserver: revision of auth store is old",
            await host.RefusalAsync("writer", "KV/Put", new PutRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("k/1") }));
        await host.LogInAsync("writer");
        await host.CallAsync<PutResponse>("writer", "KV/Put", new PutRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("k/1") });
        Assert.Equal(3, host.TokenOf("writer").Split('.').Length);
    }

    private JwtTokens Symmetric(out byte[] secret)
    {
        secret = Encoding.ASCII.GetBytes("a secret of the cluster");
        return new JwtTokens(JwtKey.Load("HS256", null, secret), _time, TimeSpan.FromMinutes(5));
    }

    private static string Token(string header, string claims, byte[] secret)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
    }

    private static (byte[]? Public, byte[] Private) KeysOf(string method)
    {
        if (method.StartsWith("HS", StringComparison.Ordinal))
            return (null, Encoding.ASCII.GetBytes("a secret of the cluster"));
        if (!method.StartsWith("ES", StringComparison.Ordinal))
        {
            using var rsa = RSA.Create(2048);
            return (Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()), Encoding.ASCII.GetBytes(rsa.ExportPkcs8PrivateKeyPem()));
        }

        using var elliptic = ECDsa.Create(method switch
        {
            "ES256" => ECCurve.NamedCurves.nistP256,
            "ES384" => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        });
        return (Encoding.ASCII.GetBytes(elliptic.ExportSubjectPublicKeyInfoPem()), Encoding.ASCII.GetBytes(elliptic.ExportECPrivateKeyPem()));
    }
}

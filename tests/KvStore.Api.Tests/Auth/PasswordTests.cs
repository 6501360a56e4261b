using KvStore.Api.Security;
using KvStore.Hosting;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests.Auth;

public sealed class PasswordTests
{
    // Published vectors of bcrypt (the test suite of its authors' jBCrypt).
    [Theory]
    [InlineData("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")]
    [InlineData("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i")]
    public void KnownHash_MatchesItsPassword(string password, string hash)
    {
        Assert.True(BcryptPasswords.Instance.Matches(password, hash));
        Assert.False(BcryptPasswords.Instance.Matches(password + "x", hash));
    }

    [Fact]
    public void IsAvailable_OnThisSystem() => Assert.True(BcryptPasswords.IsAvailable);

    [Fact]
    public void Hash_IsOfEtcdsForm_AndUnlikeEveryOther()
    {
        var (first, second) = (BcryptPasswords.Instance.Hash("secret", 4), BcryptPasswords.Instance.Hash("secret", 4));
        Assert.StartsWith("$2a$04$", first, StringComparison.Ordinal);
        Assert.Equal(60, first.Length);
        Assert.NotEqual(first, second);
        Assert.True(BcryptPasswords.Instance.Matches("secret", first) && BcryptPasswords.Instance.Matches("secret", second));
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("$1$abcdefgh$abcdefghijklmnopqrstu/")]
    [InlineData("$2a$04$")]
    [InlineData("$2a$04$********************************************************")]
    public void WhatIsNoHash_MatchesNothing(string hash) => Assert.False(BcryptPasswords.Instance.Matches("", hash));

    // CVE-2020-15115: nobody gets an empty password by mistake; who is to have none says so.
    [Fact]
    public async Task EmptyPassword_IsRefused_UnlessNoneIsWanted()
    {
        await using var host = await ApiHost.StartAsync();
        Assert.Equal("InvalidArgument: etcdserver: password is too short", await host.RefusalAsync("Auth/UserAdd", new AuthUserAddRequest { Name = "a" }));
        await host.CallAsync<AuthUserAddResponse>("Auth/UserAdd", new AuthUserAddRequest { Name = "a", Options = new UserAddOptions { NoPassword = true } });
        await host.CallAsync<AuthUserAddResponse>("Auth/UserAdd", new AuthUserAddRequest { Name = "b", Password = "p" });
        Assert.Equal(
            "InvalidArgument: etcdserver: password is too short",
            await host.RefusalAsync("Auth/UserChangePassword", new AuthUserChangePasswordRequest { Name = "b" }));
    }

    [Fact]
    public async Task Password_ThatBcryptCannotTakeWhole_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        var request = new AuthUserAddRequest { Name = "a", Password = new string('p', 73) };
        Assert.Equal("Unknown: bcrypt: password length exceeds 72 bytes", await host.RefusalAsync("Auth/UserAdd", request));
        request.Password = "before\0after";
        Assert.Equal("InvalidArgument: etcdserver: password has a zero byte", await host.RefusalAsync("Auth/UserAdd", request));
    }

    // TOB-009: the caller hears one text for all; the operator's log has the reason.
    [Fact]
    public async Task Refusal_IsToldTheOperatorWithItsReason()
    {
        var reasons = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var security = ApiHost.SecurityWith(new SimpleTokens(TimeProvider.System, TimeSpan.FromMinutes(5)))
            with { OnRefused = (user, reason) => reasons.Enqueue($"{user} {reason}") };
        await using var host = await AuthHost.StartAsync(security);
        await host.CallAsync<AuthUserAddResponse>("root", "Auth/UserAdd", new AuthUserAddRequest { Name = "cert", Options = new UserAddOptions { NoPassword = true } });
        const string failed = "InvalidArgument: etcdserver: authentication failed, invalid user ID or password";
        Assert.Equal(failed, await host.RefusalAsync("nobody", "Auth/Authenticate", new AuthenticateRequest { Name = "plain", Password = "x" }));
        Assert.Equal(failed, await host.RefusalAsync("nobody", "Auth/Authenticate", new AuthenticateRequest { Name = "who", Password = "x" }));
        Assert.Equal(
            "Unknown: auth: authentication failed, password was given for no password user",
            await host.RefusalAsync("nobody", "Auth/Authenticate", new AuthenticateRequest { Name = "cert", Password = "x" }));
        await host.RefusalAsync("gone", "KV/Put", new PutRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("k/1") });
        // Whoever asks needs no rights, and what is told waits in memory: a name is told in part.
        Assert.Equal(failed, await host.RefusalAsync("nobody", "Auth/Authenticate", new AuthenticateRequest { Name = new string('x', 10_000), Password = "x" }));
        Assert.Equal(["plain WrongPassword", "who UnknownUser", "cert UserWithoutPassword", " InvalidToken", new string('x', 128) + "… UnknownUser"], reasons);
    }

    [Fact]
    public async Task ManyLogIns_WaitInLine_AndTooManyAreRefused()
    {
        var security = ApiHost.SecurityWith(new SimpleTokens(TimeProvider.System, TimeSpan.FromMinutes(5)))
            with { PasswordsAtOnceMax = 1, PasswordsWaitingMax = 2, BcryptCost = 11 };
        await using var host = await AuthHost.StartAsync(security);
        // Each takes some 100 ms of a processor: they come faster than they are done on any machine.
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ =>
            host.OutcomeAsync("nobody", "/etcdserverpb.Auth/Authenticate", isStream: false, new AuthenticateRequest { Name = "plain", Password = AuthHost.Password })));
        Assert.Contains("OK", outcomes);
        Assert.Contains("Unknown: etcdserver: too many requests", outcomes);
        Assert.All(outcomes, outcome => Assert.True(outcome is "OK" or "Unknown: etcdserver: too many requests", outcome));
    }
}

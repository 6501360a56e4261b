using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Arguments;

public sealed class CertificateFlagsTests
{
    /// <summary>Method: a member that wants a client's certificate; the authority is known, skipped, or missing.</summary>
    [Fact]
    public async Task Certificates_AreShownAndVerified()
    {
        using var folder = new TestFolder();
        string File(string name) => Path.Combine(folder.Combine("certs"), name);
        foreach (var words in new[] { new[] { "ca" }, ["client", "client"], ["member", "m1", "127.0.0.1,localhost"] })
            await TestCertificates.MakeAsync(folder.Combine("certs"), words);
        string[] flags = ["--cert-file", File("m1.crt"), "--key-file", File("m1.key"), "--client-cert-auth", "--trusted-ca-file", File("ca.crt")];
        using var server = ServerProcess.Cluster(Checkout.Server, folder.Path, 1, "https", _ =>
            [.. flags, "--peer-cert-file", File("m1.crt"), "--peer-key-file", File("m1.key"), "--peer-client-cert-auth", "--peer-trusted-ca-file", File("ca.crt")])[0];
        server.Start();
        await server.UntilReadyAsync();

        string[] own = ["--cert", File("client.crt"), "--key", File("client.key")];
        Assert.Equal((0, "OK\n"), await PutAsync([.. own, "--cacert", File("ca.crt")]));
        Assert.Equal((0, "OK\n"), await PutAsync([.. own, "--insecure-skip-tls-verify"]));
        Assert.Equal((1, ""), await PutAsync(own));
        Assert.Equal((1, ""), await PutAsync("--cacert", File("ca.crt")));

        async Task<(int Code, string Output)> PutAsync(params string[] tls)
        {
            var run = new CtlRun();
            return (await run.RunAsync(["--endpoints", server.Endpoint, "--command-timeout", tls.Length > 4 ? "20s" : "500ms", .. tls, "put", "a", "b"]), run.Output);
        }
    }
}

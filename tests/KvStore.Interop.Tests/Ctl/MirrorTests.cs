using System.Globalization;
using KvStore.Client;
using KvStore.Grpc.Client;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>`kvctl make-mirror` between servers of both kinds.</summary>
public sealed class MirrorTests
{
    private const int CopiedCount = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Method: keys of before, then puts, deletes of a range and transactions; the mirror is stopped, more happens, and another goes on
    /// at the revision that the first one named. Key by key the destination holds what the source holds.
    /// </summary>
    [Theory]
    [InlineData("ours", "etcd")]
    [InlineData("etcd", "ours")]
    [InlineData("ours", "ours")]
    public async Task Mirror_StoppedAndGoneOnWith_HoldsWhatTheSourceHolds(string from, string to)
    {
        using var folder = new TestFolder();
        using var sourceServer = await StartAsync(from, folder.Combine("source"));
        using var destinationServer = await StartAsync(to, folder.Combine("destination"));
        using var source = new KvClient(sourceServer.Endpoint);
        using var destination = new KvClient(destinationServer.Endpoint);
        for (var number = 0; number < CopiedCount; number += 100)
            await PutAsync(source, Enumerable.Range(number, 100).Select(each => Key(each)), "old");
        await source.Kv.PutAsync("other", "not under the prefix");
        await using var arriving = await destination.Watch.StartAsync(KeyRange.Prefix("d/"), new WatchOptions { From = new(1) });

        string[] words = ["--endpoints", sourceServer.Endpoint, "make-mirror", destinationServer.Endpoint, "--prefix", "m/", "--dest-prefix", "d/", "--max-txn-ops", "7"];
        using (var mirror = ChildProcess.Start(Checkout.Ctl, words))
        {
            await UntilAsync(arriving, "d/" + Number(CopiedCount - 1));
            await source.Kv.DeleteAsync(KeyRange.Between("m/000", "m/100"));
            await PutAsync(source, ["m/x", "m/y", "m/z"], "together");
            var together = await UntilAsync(arriving, "d/z");
            Assert.Equal(["d/x", "d/y", "d/z"], together.Events.Select(change => change.Key.ToString()));
            Assert.Single(together.Events.Select(change => change.Entry.ModRevision).Distinct());

            mirror.Signal(ChildProcess.SignalTerminate);
            await mirror.WaitForExitAsync(Patience);
            var revision = (await source.Kv.GetAsync("m/z"))!.ModRevision.Value;
            // As a shell says it of etcdctl, which dies of the signal.
            Assert.Equal((128 + ChildProcess.SignalTerminate, "", $"mirrored up to revision {revision}: go on with --rev {revision + 1}\n"), (mirror.ExitCode, mirror.Output, mirror.Errors));
            await PutAsync(source, Enumerable.Range(290, 20).Select(each => Key(each)), "new");
            words = [.. words, "--rev", (revision + 1).ToString(CultureInfo.InvariantCulture)];
        }

        using (ChildProcess.Start(Checkout.Ctl, words))
        {
            await source.Kv.DeleteAsync("m/x");
            await source.Kv.PutAsync("m/end", "");
            await UntilAsync(arriving, "d/end");
        }

        var expected = await source.Kv.GetRangeAsync(KeyRange.Prefix("m/"));
        var actual = await destination.Kv.GetRangeAsync(KeyRange.All);
        Assert.Equal(expected.Entries.Select(pair => ("d/" + pair.Key.ToString()[2..], pair.Value.ToString())), actual.Entries.Select(pair => (pair.Key.ToString(), pair.Value.ToString())));
        Assert.Equal(CopiedCount - 100 + 10 + 3, actual.Entries.Count);
    }

    [Fact]
    public async Task Names_AreThoseOfTheSource_OrWithoutTheirPrefix()
    {
        using var folder = new TestFolder();
        using var sourceServer = await StartAsync("ours", folder.Combine("source"));
        using var destinationServer = await StartAsync("ours", folder.Combine("destination"));
        using var source = new KvClient(sourceServer.Endpoint);
        using var destination = new KvClient(destinationServer.Endpoint);
        await source.Kv.PutAsync("p/p/a", "1");
        await using var arriving = await destination.Watch.StartAsync(KeyRange.All);
        string[] words = ["--endpoints", sourceServer.Endpoint, "make-mirror", destinationServer.Endpoint, "--prefix", "p/"];
        using (ChildProcess.Start(Checkout.Ctl, words))
            await UntilAsync(arriving, "p/p/a");
        using (ChildProcess.Start(Checkout.Ctl, [.. words, "--no-dest-prefix"]))
            await UntilAsync(arriving, "p/a");
    }

    /// <summary>Method: the destination takes a client certificate and a user, and is killed and started again in between.</summary>
    [Fact]
    public async Task Destination_WithCertificatesAndAUser_KilledAndBack_GetsEverything()
    {
        using var folder = new TestFolder();
        using var sourceServer = await StartAsync("etcd", folder.Combine("source"));
        using var source = new KvClient(sourceServer.Endpoint);
        string File(string name) => Path.Combine(folder.Combine("certs"), name);
        foreach (var words in new[] { new[] { "ca" }, ["client", "client"], ["member", "m1", "127.0.0.1,localhost"] })
            await TestCertificates.MakeAsync(folder.Combine("certs"), words);
        string[] flags = ["--cert-file", File("m1.crt"), "--key-file", File("m1.key"), "--client-cert-auth", "--trusted-ca-file", File("ca.crt")];
        using var destinationServer = ServerProcess.Cluster(Checkout.Server, folder.Path, 1, "https", _ =>
            [.. flags, "--peer-cert-file", File("m1.crt"), "--peer-key-file", File("m1.key"), "--peer-client-cert-auth", "--peer-trusted-ca-file", File("ca.crt")])[0];
        destinationServer.Start();
        await destinationServer.UntilReadyAsync();
        var options = new KvClientOptions
        {
            Endpoints = ["https://" + destinationServer.Endpoint],
            Tls = new TlsClientOptions { CaFile = File("ca.crt"), CertificateFile = File("client.crt"), KeyFile = File("client.key") },
            User = "root",
            Password = "secret",
        };
        using (var open = new KvClient(options with { User = null, Password = null }))
        {
            await open.Auth.UserAddAsync(new AuthUserAddRequest { Name = "root", Password = "secret", Options = new UserAddOptions() });
            await open.Auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" });
            await open.Auth.EnableAsync(new AuthEnableRequest());
        }

        using var destination = new KvClient(options);
        await using var arriving = await destination.Watch.StartAsync(KeyRange.All);

        using var mirror = ChildProcess.Start(Checkout.Ctl,
        [
            "--endpoints", sourceServer.Endpoint, "make-mirror", destinationServer.Endpoint, "--dest-cacert", File("ca.crt"), "--dest-cert", File("client.crt"),
            "--dest-key", File("client.key"), "--dest-insecure-transport=false", "--dest-user", "root", "--dest-password", "secret",
        ]);
        await source.Kv.PutAsync("a", "1");
        await UntilAsync(arriving, "a");
        await destinationServer.KillAsync();
        await source.Kv.PutAsync("b", "2");
        destinationServer.Start();
        await UntilAsync(arriving, "b");
        Assert.Equal("2", (await destination.Kv.GetAsync("b"))!.Value.ToString());
        Assert.False(mirror.HasExited);
    }

    [Fact]
    public async Task HistoryThatIsGone_EndsTheMirror()
    {
        using var folder = new TestFolder();
        using var server = await StartAsync("etcd", folder.Combine("source"));
        using var source = new KvClient(server.Endpoint);
        for (var number = 0; number < 4; number++)
            await source.Kv.PutAsync("a", "b");
        await source.Kv.CompactAsync(new Primitives.Revision(4));
        var result = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", server.Endpoint, "make-mirror", server.Endpoint, "--rev", "2"]);
        Assert.Equal(new ProcessResult(1, "", "Error: etcdserver: mvcc: required revision has been compacted\n"), result);
    }

    [Theory]
    [InlineData]
    [InlineData("127.0.0.1:1", "--dest-prefix", "x", "--no-dest-prefix")]
    [InlineData("127.0.0.1:1", "--dest-cert", "nope", "--dest-key", "nope")]
    [InlineData("127.0.0.1:1", "--dest-cert", "nope")]
    public async Task WrongArguments_AreRefusedAsByEtcdctl(params string[] words)
    {
        using var folder = new TestFolder();
        using var server = await StartAsync("etcd", folder.Combine("source"));
        string[] all = ["--endpoints", server.Endpoint, "make-mirror", .. words];
        var expected = await ChildProcess.RunAsync(Checkout.Etcdctl, all);
        Assert.Equal(128, expected.ExitCode);
        Assert.Equal(expected, await ChildProcess.RunAsync(Checkout.Ctl, all));
    }

    private static async Task<ServerProcess> StartAsync(string kind, string folder)
    {
        var server = ServerProcess.OneMember(kind == "etcd" ? Checkout.Etcd : Checkout.Server, folder);
        server.Start();
        await server.UntilReadyAsync();
        return server;
    }

    private static string Key(int number) => "m/" + Number(number);

    private static string Number(int number) => number.ToString("d3", CultureInfo.InvariantCulture);

    private static Task<TransactionOutcome> PutAsync(KvClient client, IEnumerable<string> keys, string value) =>
        keys.Aggregate(client.Kv.Transaction(), (transaction, key) => transaction.Then(Operation.Put(key, value))).CommitAsync();

    private static async Task<WatchBatch> UntilAsync(KeyWatch watch, string key)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var batch = await watch.ReadAsync(limit.Token);
            if (batch.Events.Any(change => change.Key.ToString() == key && change.Kind == WatchEventKind.Put))
                return batch;
        }
    }
}

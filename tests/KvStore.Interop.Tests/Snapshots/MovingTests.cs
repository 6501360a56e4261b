using System.Globalization;
using Google.Protobuf;
using KvStore.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Snapshots;

/// <summary>Clusters move between etcd and this server by a snapshot: contents, revisions, leases and HashKV are the same on both sides.</summary>
public sealed class MovingTests
{
    private const int Keys = 100_000;
    private const int KeysOfTxn = 100;

    private static string Etcdutl => Path.Combine(Path.GetDirectoryName(Checkout.Etcdctl)!, "etcdutl");

    [Fact]
    public async Task HundredThousandKeys_OfEtcd_MoveInWithOneCommand()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        etcd.Start();
        await etcd.UntilReadyAsync();
        using var there = Client(etcd);
        await FillAsync(there, Keys);
        var file = folder.Combine("etcd.db");
        await RunAsync(Checkout.Etcdctl, "--endpoints", etcd.Endpoint, "snapshot", "save", file);
        Assert.Equal(
            (await RunAsync(Etcdutl, "snapshot", "status", file)).Output.TrimEnd() + ", \n",
            (await RunAsync(Checkout.Ctl, "snapshot", "status", file)).Output);

        var data = folder.Combine("ours");
        using var ours = ServerProcess.OneMember(Checkout.Server, data);
        await RunAsync(Checkout.Ctl, ["snapshot", "restore", file, "--data-dir", data, .. Founding(ours)]);
        ours.Start();
        await ours.UntilReadyAsync();
        using var here = Client(ours);
        await AssertEqualAsync(there, here);
        var hash = await there.Maintenance.HashKvAsync(new HashKVRequest());
        var offline = await RunAsync(Checkout.Ctl, "hashkv", file);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{hash.Hash}, {hash.Header.Revision}, {hash.CompactRevision}\n"), offline.Output);

        // The way back, with what was written here.
        await here.Kv.PutAsync(Put("written", "here"));
        var back = folder.Combine("ours.db");
        await RunAsync(Checkout.Ctl, "--endpoints", ours.Endpoint, "snapshot", "save", back, "--format", "etcd");
        Assert.Equal(
            (await RunAsync(Etcdutl, "snapshot", "status", back)).Output.TrimEnd() + ", \n",
            (await RunAsync(Checkout.Ctl, "snapshot", "status", back)).Output);
        var returned = folder.Combine("returned");
        using var again = ServerProcess.OneMember(Checkout.Etcd, returned);
        await RunAsync(Etcdutl, ["snapshot", "restore", back, "--data-dir", returned, .. Founding(again)]);
        again.Start();
        await again.UntilReadyAsync();
        using var thereAgain = Client(again);
        await AssertEqualAsync(here, thereAgain);
        Assert.Equal("here", (await thereAgain.Kv.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("written") })).Kvs.Single().Value.ToStringUtf8());
    }

    /// <summary>etcd's own clients save and restore what this server gives them; three members restored from one file are one cluster.</summary>
    [Fact]
    public async Task ThreeMembers_RestoredFromOneSnapshot_AreOneClusterWithEqualData()
    {
        using var folder = new TestFolder();
        using var single = ServerProcess.OneMember(Checkout.Server, folder.Combine("single"));
        single.Start();
        await single.UntilReadyAsync();
        using var before = Client(single);
        await FillAsync(before, 2_000);
        var file = folder.Combine("snapshot.db");
        await RunAsync(Checkout.OldEtcdctl, "--endpoints", single.Endpoint, "snapshot", "save", file);

        var members = ServerProcess.Cluster(Checkout.Server, folder.Path, 3, "http", _ => []);
        try
        {
            var initial = string.Join(',', members.Select(member => $"{member.Name}={PeerUrl(member)}"));
            foreach (var member in members)
            {
                await RunAsync(Checkout.Ctl, "snapshot", "restore", file, "--data-dir", folder.Combine(member.Name), "--name", member.Name,
                    "--initial-cluster", initial, "--initial-advertise-peer-urls", PeerUrl(member), "--initial-cluster-token", "restored",
                    "--bump-revision", "1000000", "--mark-compacted");
                member.Start();
            }

            foreach (var member in members)
                await member.UntilReadyAsync();
            using var first = Client(members[0]);
            var revision = (await before.Kv.RangeAsync(All(countOnly: true))).Header.Revision;
            var put = await first.Kv.PutAsync(Put("after", "restore"));
            Assert.Equal(revision + 1_000_001, put.Header.Revision);
            Assert.Equal(3, (await first.Cluster.ListAsync(new MemberListRequest { Linearizable = true })).Members.Count);
            foreach (var member in members)
            {
                using var client = Client(member);
                var expected = (await before.Kv.RangeAsync(All())).Kvs.Where(pair => pair.Key.ToStringUtf8() != "after");
                Assert.Equal(expected, (await client.Kv.RangeAsync(All())).Kvs.Where(pair => pair.Key.ToStringUtf8() != "after"));
                var hash = await client.Maintenance.HashKvAsync(new HashKVRequest { Revision = put.Header.Revision });
                Assert.Equal((await first.Maintenance.HashKvAsync(new HashKVRequest { Revision = put.Header.Revision })).Hash, hash.Hash);
                // C11: who watched the former cluster learns that its revisions are gone.
                var refused = await Assert.ThrowsAsync<Grpc.GrpcException>(() => client.Kv.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("a"), Revision = revision }));
                Assert.Equal("etcdserver: mvcc: required revision has been compacted", refused.Message);
            }
        }
        finally
        {
            foreach (var member in members)
                member.Dispose();
        }
    }

    [Theory]
    [InlineData("", "Error: {0}: not a snapshot: neither of its two meta pages is valid\n")]
    [InlineData("no snapshot at all, but a text of more than a hundred bytes, so that a reader finds something to look at where a page would be", "Error: {0}: not a snapshot: neither of its two meta pages is valid\n")]
    public async Task Restore_OfSomethingElse_IsOneClearError(string content, string expected)
    {
        using var folder = new TestFolder();
        var file = folder.Combine("file");
        await File.WriteAllTextAsync(file, content);
        var data = folder.Combine("data");
        var result = await ChildProcess.RunAsync(Checkout.Ctl, ["snapshot", "restore", file, "--data-dir", data]);
        Assert.Equal(new ProcessResult(1, "", string.Format(CultureInfo.InvariantCulture, expected, file)), result);
        Assert.False(Directory.Exists(Path.Combine(data, "member")));
    }

    /// <summary>D10, and that a second restore is refused: what etcdutl says, kvctl says.</summary>
    [Fact]
    public async Task Restore_Refusals_AreThoseOfEtcdutl()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        etcd.Start();
        await etcd.UntilReadyAsync();
        var file = folder.Combine("good");
        await RunAsync(Checkout.Etcdctl, "--endpoints", etcd.Endpoint, "snapshot", "save", file);
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(folder.Combine("bare"), bytes[..^32]);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(folder.Combine("damaged"), bytes);
        Directory.CreateDirectory(folder.Combine("full/member"));
        string[][] lines =
        [
            ["good", "--data-dir", "full"], ["missing", "--data-dir", "d1"], ["bare", "--data-dir", "d2"], ["damaged", "--data-dir", "d3"],
            ["good", "--data-dir", "d4", "--name", "other"], ["good", "--data-dir", "d5", "--mark-compacted"], ["good", "--data-dir", "d6", "--bump-revision", "4"],
            ["good", "good", "--data-dir", "d7"], ["good", "--data-dir", "d8", "--wal-dir", "full"], ["good", "--data-dir", "d9", "--initial-cluster", "default=other"],
            ["damaged", "--data-dir", "d10", "--skip-hash-check"],
        ];
        foreach (var line in lines)
        {
            var (theirs, ours) = (await RestoreAsync(Etcdutl, folder, "theirs", line), await RestoreAsync(Checkout.Ctl, folder, "ours", line));
            Assert.Equal(theirs, ours);
        }
    }

    private static async Task<(int Code, string Error)> RestoreAsync(string program, TestFolder folder, string owner, string[] line)
    {
        // Names of directories are each program's own; those of files are shared.
        var words = line.Select((word, index) => word is "good" or "missing" or "bare" or "damaged" or "full" ? folder.Combine(word)
            : index > 0 && line[index - 1] == "--data-dir" ? folder.Combine(owner + word) : word);
        using var child = ChildProcess.Start(program, ["snapshot", "restore", .. words]);
        await child.WaitForExitAsync(TimeSpan.FromSeconds(60));
        var error = child.Errors.Split('\n').FirstOrDefault(text => text.StartsWith("Error:", StringComparison.Ordinal)) ?? "";
        return (child.ExitCode, error.Replace(owner, "", StringComparison.Ordinal));
    }

    private static async Task FillAsync(KvClient client, int keys)
    {
        var lease = await client.Lease.GrantAsync(new LeaseGrantRequest { ID = 77, TTL = 3_600 });
        await client.Lease.GrantAsync(new LeaseGrantRequest { ID = 78, TTL = 7_200 });
        for (var from = 0; from < keys; from += KeysOfTxn)
        {
            var txn = new TxnRequest();
            for (var i = from; i < from + KeysOfTxn; i++)
                txn.Success.Add(new RequestOp { RequestPut = Put($"key{i:d6}", new string((char)('a' + (i % 26)), i % 300), i % 10 == 0 ? lease.ID : 0) });
            await client.Kv.TxnAsync(txn);
        }

        // Versions above one, deletions before and after the compaction, keys that came back.
        for (var i = 0; i < 300; i++)
            await client.Kv.PutAsync(Put($"key{i * 3:d6}", "again"));
        await client.Kv.DeleteRangeAsync(Range("key000100", "key000200"));
        var deleted = await client.Kv.DeleteRangeAsync(Range("key000300", "key000400"));
        await client.Kv.PutAsync(Put("key000150", "back"));
        await client.Kv.PutAsync(Put("large", new string('x', 1_000_000)));
        await client.Kv.CompactAsync(new CompactionRequest { Revision = deleted.Header.Revision, Physical = true });
        await client.Kv.DeleteRangeAsync(Range("key000500", "key000600"));
    }

    /// <summary>C12: users, roles, permissions and the switch move with their revision; passwords stay valid, and nobody else gets in.</summary>
    [Fact]
    public async Task Users_MoveInAndOut()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        etcd.Start();
        await etcd.UntilReadyAsync();
        string[][] lines =
        [
            ["user", "add", "root:secret"], ["user", "add", "alice:wonder"], ["user", "add", "machine", "--no-password"], ["role", "add", "reader"],
            ["role", "grant-permission", "reader", "read", "a", "m"], ["role", "grant-permission", "reader", "readwrite", "own/", "--prefix=true"],
            ["user", "grant-role", "alice", "reader"], ["put", "apple", "red"], ["put", "zebra", "black"], ["auth", "enable"],
        ];
        foreach (var line in lines)
            await RunAsync(Checkout.Etcdctl, ["--endpoints", etcd.Endpoint, .. line]);
        var expected = await AskAsync(etcd);

        var file = folder.Combine("etcd.db");
        await RunAsync(Checkout.Etcdctl, "--endpoints", etcd.Endpoint, "--user", "root:secret", "snapshot", "save", file);
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"));
        await RunAsync(Checkout.Ctl, ["snapshot", "restore", file, "--data-dir", folder.Combine("ours"), .. Founding(ours)]);
        ours.Start();
        await ours.UntilReadyAsync();
        Assert.Equal(expected, await AskAsync(ours));

        var refused = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", ours.Endpoint, "--user", "alice:wonder", "snapshot", "save", folder.Combine("stolen")]);
        Assert.Equal((1, "Error: etcdserver: permission denied\n"), (refused.ExitCode, refused.Errors));
        Assert.Empty(Directory.GetFiles(folder.Path, "stolen*"));

        var back = folder.Combine("ours.db");
        await RunAsync(Checkout.Ctl, "--endpoints", ours.Endpoint, "--user", "root:secret", "snapshot", "save", back);
        using var again = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("again"));
        await RunAsync(Etcdutl, ["snapshot", "restore", back, "--data-dir", folder.Combine("again"), .. Founding(again)]);
        again.Start();
        await again.UntilReadyAsync();
        Assert.Equal(expected, await AskAsync(again));
    }

    private static async Task<List<string>> AskAsync(ServerProcess server)
    {
        string[][] lines =
        [
            ["--user", "root:secret", "auth", "status"], ["--user", "root:secret", "user", "list"], ["--user", "root:secret", "role", "get", "reader"],
            ["--user", "root:secret", "user", "get", "machine", "--detail"], ["--user", "alice:wonder", "get", "apple"], ["--user", "alice:wonder", "get", "zebra"],
            ["--user", "alice:wonder", "put", "own/1", "x"], ["--user", "alice:wonder", "put", "apple", "x"], ["--user", "alice:wrong", "get", "apple"], ["get", "apple"],
        ];
        var answers = new List<string>();
        foreach (var line in lines)
        {
            var result = await ChildProcess.RunAsync(Checkout.Etcdctl, ["--endpoints", server.Endpoint, .. line]);
            var error = result.Errors.Split('\n').FirstOrDefault(text => text.StartsWith("Error:", StringComparison.Ordinal));
            answers.Add($"{string.Join(' ', line)}: {result.ExitCode} {result.Output}{error}");
        }

        return answers;
    }

    private static async Task AssertEqualAsync(KvClient expected, KvClient actual)
    {
        var revision = (await expected.Kv.RangeAsync(All(countOnly: true))).Header.Revision;
        Assert.Equal(revision, (await actual.Kv.RangeAsync(All(countOnly: true))).Header.Revision);
        foreach (var at in new[] { 0, revision, revision - 1, revision - 2 })
        {
            var (there, here) = (await expected.Maintenance.HashKvAsync(new HashKVRequest { Revision = at }), await actual.Maintenance.HashKvAsync(new HashKVRequest { Revision = at }));
            Assert.Equal((there.Hash, there.CompactRevision), (here.Hash, here.CompactRevision));
        }

        Assert.Equal((await expected.Kv.RangeAsync(All())).Kvs, (await actual.Kv.RangeAsync(All())).Kvs);
        Assert.Equal(
            (await expected.Lease.ListAsync()).Leases.Select(lease => lease.ID).Order(), (await actual.Lease.ListAsync()).Leases.Select(lease => lease.ID).Order());
        var request = new LeaseTimeToLiveRequest { ID = 77, Keys = true };
        var (left, right) = (await expected.Lease.TimeToLiveAsync(request), await actual.Lease.TimeToLiveAsync(request));
        Assert.Equal((left.GrantedTTL, left.Keys.Count), (right.GrantedTTL, right.Keys.Count));
        Assert.Equal(left.Keys.Select(key => key.ToStringUtf8()).Order(StringComparer.Ordinal), right.Keys.Select(key => key.ToStringUtf8()).Order(StringComparer.Ordinal));
    }

    private static async Task<ProcessResult> RunAsync(string program, params string[] words)
    {
        var result = await ChildProcess.RunAsync(program, words, limit: TimeSpan.FromMinutes(2));
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', words)}: {result.ExitCode}\n{result.Output}\n{result.Errors}");
        return result;
    }

    private static string[] Founding(ServerProcess member) =>
        ["--name", member.Name, "--initial-cluster", $"{member.Name}={PeerUrl(member)}", "--initial-advertise-peer-urls", PeerUrl(member)];

    private static string PeerUrl(ServerProcess member) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{member.PeerPort}");

    private static KvClient Client(ServerProcess server) => new(new KvClientOptions { Endpoints = ["http://" + server.Endpoint], CallTimeout = TimeSpan.FromMinutes(1) });

    private static PutRequest Put(string key, string value, long lease = 0) =>
        new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value), Lease = lease };

    private static DeleteRangeRequest Range(string from, string to) => new() { Key = ByteString.CopyFromUtf8(from), RangeEnd = ByteString.CopyFromUtf8(to) };

    private static RangeRequest All(bool countOnly = false) =>
        new() { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0), CountOnly = countOnly };
}

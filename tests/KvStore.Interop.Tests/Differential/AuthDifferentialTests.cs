using System.Globalization;
using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Users, roles and permissions under random changes: every request in the name of some caller gets etcd's answer or etcd's refusal.
/// KVSTORE_DIFFERENTIAL and KVSTORE_SEED as in <see cref="DifferentialTests"/>.
/// </summary>
public sealed class AuthDifferentialTests
{
    [Fact]
    public Task RandomCallers_GetEtcdsAnswers() => CompareAsync(Checkout.Server, Number("KVSTORE_DIFFERENTIAL", 4000), (ulong)Number("KVSTORE_SEED", 1));

    [Fact]
    public Task RandomCallers_GetTheSameAnswersFromTwoEtcds() => CompareAsync(Checkout.Etcd, 1500, seed: 2);

    private static async Task CompareAsync(string program, int requests, ulong seed)
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"), "--bcrypt-cost=4");
        using var other = ServerProcess.OneMember(program, folder.Combine("other"), "--bcrypt-cost=4");
        etcd.Start();
        other.Start();
        await etcd.UntilReadyAsync();
        await other.UntilReadyAsync();
        using var expected = new Peer(etcd.Endpoint);
        using var actual = new Peer(other.Endpoint);
        var pair = new AuthPair(expected, actual);
        var generator = new AuthRequestGenerator(seed);
        foreach (var request in AuthRequestGenerator.Beginning())
            await pair.AskAsync(AuthRequestGenerator.Nobody, request, "beginning");
        for (var i = 0; i < requests; i++)
        {
            var (caller, request) = generator.Next();
            var where = $"seed {seed}, request {i} by '{caller}': {request.Path} {request.Message}";
            if (await pair.AskAsync(caller, request, where) is { } answer)
                Observe(generator.Keys, request, answer);
            // Nobody but root can change anything: without its token the rest would be refusals.
            if (i % 50 == 0)
                await pair.AskAsync(AuthRequestGenerator.Nobody, AuthRequestGenerator.LogIn("root", i % 100 == 0 ? "p1" : "p2"), "log in");
        }

        pair.Differences.AssertNone();
        // C18: a run in which nobody was let in, or everybody was, compares nothing.
        Assert.True(pair.Answered > requests / 4, $"{pair.Answered} of {requests} were answered");
        Assert.True(pair.Denied > requests / 20, $"{pair.Denied} of {requests} were denied");
    }

    private static void Observe(RequestGenerator generator, RandomRequest request, IMessage response)
    {
        generator.Revision = response switch
        {
            PutResponse put => put.Header.Revision,
            DeleteRangeResponse delete => delete.Header.Revision,
            TxnResponse txn => txn.Header.Revision,
            RangeResponse range => range.Header.Revision,
            LeaseRevokeResponse revoke => revoke.Header.Revision,
            _ => generator.Revision,
        };
        if (request.Message is CompactionRequest compact)
            generator.OnCompacted(compact.Revision);
    }

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

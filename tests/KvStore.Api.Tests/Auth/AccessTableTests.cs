using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests.Auth;

/// <summary>
/// CVE-2026-33413, #22386, C13: every rpc × every kind of caller × with and without the NOSPACE alarm. An rpc without a row fails the
/// table, so that none is added without saying whose it is.
/// </summary>
public sealed class AccessTableTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EveryRpc_ByEveryCaller_IsAnsweredAsTheTableSays(bool withoutSpace)
    {
        await using var host = await AuthHost.StartAsync();
        if (withoutSpace)
        {
            var alarm = new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Activate, Alarm = AlarmType.Nospace, MemberID = 1 };
            await host.CallAsync<AlarmResponse>("root", "Maintenance/Alarm", alarm);
        }

        var shapes = host.Api.Services.Table.Counters.ToDictionary(counters => counters.Method.Path, counters => counters.Method.Shape);
        var differences = new List<string>();
        foreach (var row in AccessTable.Rows().Where(row => !MissingRpcs.Paths.Contains(row.Path)))
        {
            var outcomes = new List<string>();
            foreach (var caller in AccessTable.Callers)
                outcomes.Add(await host.OutcomeAsync(caller, row.Path, shapes[row.Path] != RpcShape.Unary, row.Request));
            var expected = withoutSpace ? row.WithoutSpace ?? row.Expected : row.Expected;
            if (string.Concat(outcomes.Select(Letter)) != expected)
                differences.Add($"{row.Path} {row.Request}: {expected} expected, but\n  {string.Join("\n  ", outcomes)}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public async Task EveryRpc_HasARow()
    {
        await using var host = await ApiHost.StartAsync();
        var rows = AccessTable.Rows().Select(row => row.Path).ToHashSet();
        Assert.DoesNotContain(host.Services.Table.Counters.Select(counters => counters.Method.Path), path => !rows.Contains(path));
    }

    // Locks and elections hand on the text of what they are made of with code Unknown, as etcd does; watches put it into words.
    private static char Letter(string outcome) => outcome[(outcome.IndexOf("etcdserver: ", StringComparison.Ordinal) is var text && text > 0 ? text : 0)..] switch
    {
        "etcdserver: user name is empty" => 'E',
        "etcdserver: invalid auth token" => 'T',
        "etcdserver: permission denied" => 'D',
        "etcdserver: mvcc: database space exceeded" => 'S',
        _ => '+',
    };
}

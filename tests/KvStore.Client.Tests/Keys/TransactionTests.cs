using KvStore.Client.Tests.Support;
using KvStore.Primitives;

namespace KvStore.Client.Tests.Keys;

/// <summary>Transactions written down with the builder, on both servers.</summary>
[Collection(MembersCollection.Name)]
public sealed class TransactionTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Transaction_DoesOneSideAtOneRevision(string which)
    {
        using var scratch = new Scratch(members, which);
        var kv = scratch.Client.Kv;
        Task<TransactionOutcome> ClaimAsync(string owner) => kv.Transaction()
            .If(Condition.Missing("owner"))
            .Then(Operation.Put("owner", owner), Operation.Put("since", "now"))
            .Else(Operation.Get("owner"), Operation.Delete("nothing"))
            .CommitAsync();

        var won = await ClaimAsync("first");
        Assert.True(won.Succeeded);
        Assert.Equal([won.Revision, won.Revision], won.Results.Select(result => result.Put!.Revision));
        Assert.Equal(won.Revision, (await kv.GetAsync("since"))!.CreateRevision);

        var lost = await ClaimAsync("second");
        Assert.False(lost.Succeeded);
        Assert.Equal("first", lost.Results[0].Entry!.Value.ToString());
        Assert.Equal(0, lost.Results[1].Delete!.Deleted);
        Assert.Equal(1, (await kv.GetAsync("owner"))!.Version);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Conditions_CompareWhatTheySay(string which)
    {
        using var scratch = new Scratch(members, which);
        var kv = scratch.Client.Kv;
        var created = (await kv.PutAsync("key", "b")).Revision;
        var changed = (await kv.PutAsync("key", "c")).Revision;
        async Task<bool> HoldsAsync(params Condition[] conditions) => (await kv.Transaction().If(conditions).CommitAsync()).Succeeded;

        Assert.True(await HoldsAsync(
            Condition.Exists("key"),
            Condition.Missing("other"),
            Condition.Version("key").Is(2),
            Condition.Version("other").Is(0),
            Condition.CreateRevision("key").Is(created),
            Condition.ModRevision("key").IsGreaterThan(created),
            Condition.Value("key").IsNot("b"),
            Condition.Value("key").IsLessThan("d"),
            Condition.Lease("key").Is(LeaseId.None),
            Condition.Version(KeyRange.Prefix("k")).IsGreaterThan(1)));
        Assert.False(await HoldsAsync(Condition.ModRevision("key").IsLessThan(changed)));
        Assert.False(await HoldsAsync(Condition.Exists("key"), Condition.Missing("key")));

        var read = (await kv.GetAsync("key"))!;
        Assert.True(await HoldsAsync(Condition.Unchanged(read)));
        await kv.PutAsync("key", "c");
        Assert.False(await HoldsAsync(Condition.Unchanged(read)));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task NestedTransaction_DecidesByItself(string which)
    {
        using var scratch = new Scratch(members, which);
        var kv = scratch.Client.Kv;
        var inner = kv.Transaction().If(Condition.Exists("missing")).Then(Operation.Put("yes", "1")).Else(Operation.Put("no", "1"), Operation.GetRange(KeyRange.All));
        var outcome = await kv.Transaction().Then(Operation.Put("outer", "1"), Operation.Nested(inner)).CommitAsync();
        var nested = outcome.Results[1].Nested!;
        Assert.True(outcome.Succeeded);
        Assert.False(nested.Succeeded);
        Assert.Equal(["no", "outer"], nested.Results[1].Range!.Entries.Select(entry => entry.Key.ToString()));
        Assert.Equal(outcome.Revision, nested.Revision);
    }
}

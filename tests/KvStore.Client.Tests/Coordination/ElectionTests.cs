using Google.Protobuf;
using KvStore.Client.Tests.Support;
using KvStore.Protocol.Election;

namespace KvStore.Client.Tests.Coordination;

/// <summary>Elections on both servers, together with candidates that the servers themselves stand for.</summary>
[Collection(MembersCollection.Name)]
public sealed class ElectionTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Leadership_GoesFromOneToTheNext_AndIsObserved(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        await using var observed = client.ObserveLeaderAsync("post", Limits.Patient()).GetAsyncEnumerator(CancellationToken.None);
        async Task<string?> NextAsync() => await observed.MoveNextAsync() ? observed.Current?.Value.ToString() : throw new InvalidOperationException("observing ended");
        Assert.Null(await NextAsync());

        await using var one = await Session.OpenAsync(client, TimeSpan.FromSeconds(60));
        await using var two = await Session.OpenAsync(client, TimeSpan.FromSeconds(60));
        var first = await one.CampaignAsync("post", "one", Limits.Patient());
        Assert.Equal("one", await NextAsync());
        var campaigning = two.CampaignAsync("post", "two", Limits.Patient());
        await Until.TrueAsync(async () => await client.Kv.CountAsync(KeyRange.Prefix("post/")) == 2);
        await first.ProclaimAsync("one, again", Limits.Patient());
        Assert.Equal("one, again", await NextAsync());
        Assert.Equal(first.Key, (await client.LeaderAsync("post"))!.Key);
        Assert.False(campaigning.IsCompleted);

        await first.DisposeAsync();
        await using var second = await campaigning.WaitAsync(Limits.Patience);
        Assert.Equal("two", await NextAsync());
        Assert.True(second.Fence > first.Fence);
        await Assert.ThrowsAsync<PlaceLostException>(() => first.ProclaimAsync("too late", Limits.Patient()));
    }

    /// <summary>The member's own election service stands in the same line, which on etcd is the code of its Go client.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Candidates_OfBothKinds_WaitForEachOther(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        var lease = await client.Lease.GrantAsync(TimeSpan.FromSeconds(60));
        var request = new CampaignRequest { Name = ByteString.CopyFromUtf8("post"), Value = ByteString.CopyFromUtf8("member's"), Lease = lease.Value };
        var byMember = await client.Election.CampaignAsync(request, Limits.Patient());
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(60));
        var campaigning = session.CampaignAsync("post", "ours", Limits.Patient());
        await Until.TrueAsync(async () => await client.Kv.CountAsync(KeyRange.Prefix("post/")) == 2);
        Assert.Equal("member's", (await client.LeaderAsync("post"))!.Value.ToString());
        Assert.False(campaigning.IsCompleted);

        await client.Election.ResignAsync(new ResignRequest { Leader = byMember.Leader });
        await using var ours = await campaigning.WaitAsync(Limits.Patience);
        var leader = await client.Election.LeaderAsync(new LeaderRequest { Name = ByteString.CopyFromUtf8("post") });
        Assert.Equal((ours.Key.ToString(), "ours"), (leader.Kv.Key.ToStringUtf8(), leader.Kv.Value.ToStringUtf8()));
        Assert.Equal($"post/{session.Lease.Value:x}", ours.Key.ToString());
    }
}

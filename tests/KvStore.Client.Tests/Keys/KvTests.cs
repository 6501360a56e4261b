using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Primitives;

namespace KvStore.Client.Tests.Keys;

/// <summary>Keys in the words of .NET, on both servers.</summary>
[Collection(MembersCollection.Name)]
public sealed class KvTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Key_PutReadAndDeleted_TellsItsHistory(string which)
    {
        using var scratch = new Scratch(members, which);
        var kv = scratch.Client.Kv;
        Assert.Null(await kv.GetAsync("a"));
        var first = await kv.PutAsync("a", "1");
        Assert.Null(first.Previous);
        var second = await kv.PutAsync("a", "2", new PutOptions { WithPrevious = true });
        Assert.Equal(new KvEntry("a", "1", first.Revision, first.Revision, 1, LeaseId.None), second.Previous);
        Assert.Equal(new KvEntry("a", "2", first.Revision, second.Revision, 2, LeaseId.None), await kv.GetAsync("a"));
        Assert.Equal("1", (await kv.GetAsync("a", new ReadOptions { AtRevision = first.Revision, IsSerializable = true }))!.Value.ToString());

        var deleted = await kv.DeleteAsync("a", withPrevious: true);
        Assert.Equal((1L, "2"), (deleted.Deleted, Assert.Single(deleted.Previous).Value.ToString()));
        Assert.Equal(0, (await kv.DeleteAsync("a")).Deleted);
        Assert.Null(await kv.GetAsync("a"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Range_ReadInPages_IsAllOfOneRevision(string which)
    {
        using var scratch = new Scratch(members, which);
        var kv = scratch.Client.Kv;
        var names = Enumerable.Range(0, 10).Select(i => $"page/{i}").ToArray();
        foreach (var name in names)
            await kv.PutAsync(name, "x");
        var seen = new List<string>();
        await foreach (var entry in kv.ReadAllAsync(KeyRange.Prefix("page/"), pageEntries: 3))
        {
            // A change behind the page being read is none of this reading.
            if (seen.Count == 0)
                await kv.PutAsync("page/99", "too late");
            seen.Add(entry.Key.ToString());
        }

        Assert.Equal(names, seen);
        Assert.Equal(11, await kv.CountAsync(KeyRange.Prefix("page/")));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Range_OrderedAndLimited_IsCutAndCounted(string which)
    {
        using var scratch = new Scratch(members, which);
        var kv = scratch.Client.Kv;
        foreach (var name in new[] { "b", "c", "a" })
            await kv.PutAsync(name, "of " + name);
        var newest = await kv.GetRangeAsync(KeyRange.All, new RangeOptions { OrderBy = KeyOrder.CreateRevision, IsDescending = true, EntriesMax = 2, KeysOnly = true });
        Assert.Equal(["a", "c"], newest.Entries.Select(entry => entry.Key.ToString()));
        Assert.All(newest.Entries, entry => Assert.True(entry.Value.IsEmpty));
        Assert.Equal((3L, true), (newest.Count, newest.HasMore));
        Assert.Equal(["b", "c"], (await kv.GetRangeAsync(KeyRange.From("b"))).Entries.Select(entry => entry.Key.ToString()));
        Assert.Equal(["a", "b"], (await kv.GetRangeAsync(KeyRange.Between("", "c"))).Entries.Select(entry => entry.Key.ToString()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Refusal_IsEtcdsStatusAndText(string which)
    {
        using var client = members.Connect(which);
        var refused = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("", "value"));
        Assert.Equal((StatusCode.InvalidArgument, "etcdserver: key is not provided"), (refused.Code, refused.Message));
        using var scratch = new Scratch(members, which);
        var ours = await Assert.ThrowsAsync<GrpcException>(() => scratch.Client.Kv.PutAsync("", "value"));
        Assert.Equal((refused.Code, refused.Message), (ours.Code, ours.Message));
    }

    [Fact]
    public void Bytes_AreEqualByContent_AndTextIsUtf8()
    {
        KvBytes text = "grün";
        KvBytes bytes = new byte[] { 0x67, 0x72, 0xc3, 0xbc, 0x6e };
        Assert.Equal(text, bytes);
        Assert.Equal(text.GetHashCode(), bytes.GetHashCode());
        Assert.Equal("grün", bytes.ToString());
        Assert.Equal(KvBytes.Empty, default);
        Assert.True(text != "grau");
    }

    [Fact]
    public void Ranges_ContainWhatTheServerMeans()
    {
        Assert.True(KeyRange.Prefix("ab").Contains("abc"));
        Assert.False(KeyRange.Prefix("ab").Contains("ac"));
        Assert.True(KeyRange.Between("a", "c").Contains("b"));
        Assert.False(KeyRange.Between("a", "c").Contains("c"));
        Assert.True(KeyRange.All.Contains(new byte[] { 0 }));
        Assert.True(KeyRange.From("b").Contains("z"));
        Assert.False(KeyRange.One("b").Contains("bb"));
        // 0xff has no successor: the prefix ends with the key space.
        Assert.Equal(KeyRanges.FromKey, KeyRange.Prefix(new byte[] { 0xff }).End);
    }
}

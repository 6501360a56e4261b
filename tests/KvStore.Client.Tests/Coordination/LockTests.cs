using System.Globalization;
using KvStore.Client.Tests.Support;

namespace KvStore.Client.Tests.Coordination;

/// <summary>Locks on both servers.</summary>
[Collection(MembersCollection.Name)]
public sealed class LockTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    /// <summary>Method: many read a number, add one and write it back; without the lock some would be lost.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Lock_ContendedFor_LetsOneInAtATime(string which)
    {
        using var scratch = new Scratch(members, which);
        const int Workers = 8;
        const int Rounds = 3;
        var fences = new List<long>();
        await scratch.Client.Kv.PutAsync("number", "0");
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
        {
            await using var session = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(60));
            for (var round = 0; round < Rounds; round++)
            {
                await using var held = await session.LockAsync("door", Limits.Patient());
                fences.Add(held.Fence.Value);
                var number = int.Parse((await scratch.Client.Kv.GetAsync("number"))!.Value.ToString(), CultureInfo.InvariantCulture);
                var next = (number + 1).ToString(CultureInfo.InvariantCulture);
                Assert.True((await scratch.Client.Kv.Transaction().If(held.IsHeld).Then(Operation.Put("number", next)).CommitAsync()).Succeeded);
            }
        }));
        Assert.Equal((Workers * Rounds).ToString(CultureInfo.InvariantCulture), (await scratch.Client.Kv.GetAsync("number"))!.Value.ToString());
        Assert.Equal(fences.Order(), fences);
        Assert.Equal(0, await scratch.Client.Kv.CountAsync(KeyRange.Prefix("door/")));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Lock_GivenUpWhileWaiting_LeavesTheLine(string which)
    {
        using var scratch = new Scratch(members, which);
        await using var held = await scratch.Client.LockAsync("door", TimeSpan.FromSeconds(60), Limits.Patient());
        await using var session = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(60));
        Assert.Null(await session.TryLockAsync("door", Limits.Patient()));
        using var impatient = new CancellationTokenSource();
        var waiting = session.LockAsync("door", impatient.Token);
        await Until.TrueAsync(async () => await scratch.Client.Kv.CountAsync(KeyRange.Prefix("door/")) == 2);
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.TryLockAsync("door", Limits.Patient()));
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(held.Key, Assert.Single((await scratch.Client.Kv.GetRangeAsync(KeyRange.Prefix("door/"))).Entries).Key);

        await held.DisposeAsync();
        await using var taken = await session.TryLockAsync("door", Limits.Patient());
        Assert.NotNull(taken);
        Assert.True(taken.Fence > held.Fence);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Lock_WhoseSessionIsLost_IsAnothers(string which)
    {
        using var scratch = new Scratch(members, which);
        await using var first = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(2));
        await using var held = await first.LockAsync("door", Limits.Patient());
        await using var second = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(60));
        var waiting = second.LockAsync("door", Limits.Patient());
        await using var third = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(2));
        var lostWhileWaiting = third.LockAsync("door", Limits.Patient());
        await Until.TrueAsync(async () => await scratch.Client.Kv.CountAsync(KeyRange.Prefix("door/")) == 3);

        await scratch.Client.Lease.RevokeAsync(third.Lease);
        await Assert.ThrowsAsync<PlaceLostException>(() => lostWhileWaiting.WaitAsync(Limits.Patience));
        await scratch.Client.Lease.RevokeAsync(first.Lease);
        await using var next = await waiting.WaitAsync(Limits.Patience);
        Assert.False((await scratch.Client.Kv.Transaction().If(held.IsHeld).CommitAsync()).Succeeded);
        Assert.True((await scratch.Client.Kv.Transaction().If(next.IsHeld).CommitAsync()).Succeeded);
        await Until.TrueAsync(() => Task.FromResult(held.Lost.IsCancellationRequested));
    }

    /// <summary>Its session hears of it only at the next renewal, so what keeps it from two holders is the look at its own place.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Lock_WhosePlaceIsGoneWhenItsTurnComes_IsNotHeld(string which)
    {
        using var scratch = new Scratch(members, which);
        await using var first = await scratch.Client.LockAsync("door", TimeSpan.FromSeconds(60), Limits.Patient());
        await using var session = await Session.OpenAsync(scratch.Client, TimeSpan.FromSeconds(60));
        var waiting = session.LockAsync("door", Limits.Patient());
        await Until.TrueAsync(async () => await scratch.Client.Kv.CountAsync(KeyRange.Prefix("door/")) == 2);
        await scratch.Client.Lease.RevokeAsync(session.Lease);
        Assert.False(waiting.IsCompleted);
        await first.DisposeAsync();
        await Assert.ThrowsAsync<PlaceLostException>(() => waiting.WaitAsync(Limits.Patience));
        Assert.False(session.Lost.IsCancellationRequested);
    }
}

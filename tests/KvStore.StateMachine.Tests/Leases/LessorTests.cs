using KvStore.Primitives;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests.Leases;

public sealed class LessorTests : IDisposable
{
    private static readonly TimeSpan Election = TimeSpan.FromSeconds(1);

    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    private Lessor Leases => _machine.Leases;

    private Instant Now => _machine.Now;

    [Fact]
    public void Grant_OnAMemberThatIsNotPrimary_NeverExpires()
    {
        // L1
        _machine.Grant(1, 2);
        Assert.Empty(ExpiredAt(Now + TimeSpan.FromDays(365)));
        Assert.Equal(RenewOutcome.NotPrimary, Leases.Renew(new LeaseId(1), Now, out _));
    }

    [Fact]
    public void Grant_OnThePrimary_ExpiresAfterItsTtl()
    {
        Leases.Promote(Now, Election);
        _machine.Grant(1, 2);
        Assert.Empty(ExpiredAt(Now + TimeSpan.FromSeconds(2) - new TimeSpan(1)));
        Assert.Equal([1], ExpiredAt(Now + TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Expired_NamedOnce_NamedAgainAfterTheRetryTime()
    {
        Leases.Promote(Now, Election);
        _machine.Grant(1, 2);
        var expiry = Now + TimeSpan.FromSeconds(2);
        Assert.Equal([1], ExpiredAt(expiry));
        Assert.Empty(ExpiredAt(expiry + TimeSpan.FromSeconds(2)));
        Assert.Equal([1], ExpiredAt(expiry + TimeSpan.FromSeconds(3)));
        _machine.Revoke(1);
        Assert.Empty(ExpiredAt(expiry + TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Renew_BeforeExpiry_StartsTheTtlAgain()
    {
        Leases.Promote(Now, Election);
        _machine.Grant(1, 10);
        var later = Now + TimeSpan.FromSeconds(9);
        Assert.Equal(RenewOutcome.Renewed, Leases.Renew(new LeaseId(1), later, out var ttl));
        Assert.Equal(10, ttl);
        Assert.Empty(ExpiredAt(Now + TimeSpan.FromSeconds(18)));
        Assert.Equal([1], ExpiredAt(Now + TimeSpan.FromSeconds(19)));
    }

    [Fact]
    public void Renew_AfterExpiryOrRevocation_IsRefused()
    {
        // L4
        Leases.Promote(Now, Election);
        _machine.Grant(1, 10);
        var late = Now + TimeSpan.FromSeconds(10);
        Assert.Equal(RenewOutcome.Expired, Leases.Renew(new LeaseId(1), late, out var ttl));
        Assert.Equal(0, ttl);
        _machine.Revoke(1);
        Assert.Equal(RenewOutcome.NotFound, Leases.Renew(new LeaseId(1), late, out _));
    }

    [Fact]
    public void Renew_AfterDemotion_IsRefused()
    {
        // L3
        Leases.Promote(Now, Election);
        _machine.Grant(1, 10);
        Leases.Demote();
        Assert.Equal(RenewOutcome.NotPrimary, Leases.Renew(new LeaseId(1), Now, out _));
        Assert.Empty(ExpiredAt(Now + TimeSpan.FromDays(1)));
    }

    [Fact]
    public void Promote_ExtendsEveryLeaseToItsFullTtlAndAnElection()
    {
        // L5
        _machine.Grant(1, 10);
        Leases.Promote(Now, Election);
        Assert.Empty(ExpiredAt(Now + TimeSpan.FromSeconds(11) - new TimeSpan(1)));
        Assert.True(Leases.TryGetExpiry(new LeaseId(1), Now, out var expiry));
        Assert.Equal(new LeaseExpiry(new LeaseId(1), 10, TimeSpan.FromSeconds(11)), expiry);
    }

    [Fact]
    public void Checkpoint_ThroughThreeLeadersAndARestart_KeepsTheRemainingTtl()
    {
        // L5: without checkpoints the lease would start again with an hour at each of them.
        _machine.Grant(1, 3600);
        _machine.Checkpoint(1, 600);
        for (var leader = 0; leader < 3; leader++)
        {
            Leases.Promote(Now, Election);
            Assert.True(Leases.TryGetExpiry(new LeaseId(1), Now, out var expiry));
            Assert.Equal(TimeSpan.FromSeconds(601), expiry.Remaining);
            Leases.Demote();
            _machine.Restart();
        }
    }

    [Fact]
    public void Checkpoint_AboveTheGrantedTtl_IsCutToIt()
    {
        // L5: the remaining TTL is never greater than the granted one.
        _machine.Grant(1, 10);
        _machine.Checkpoint(1, 99);
        Leases.Promote(Now, TimeSpan.Zero);
        Assert.Equal([1], ExpiredAt(Now + TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void CheckpointsDue_OncePerIntervalForLongLeasesOnly()
    {
        Leases.Promote(Now, Election);
        _machine.Grant(1, 3600);
        _machine.Grant(2, 200);
        Assert.Empty(DueAt(Now + TimeSpan.FromSeconds(299)));
        Assert.Equal([new LeaseCheckpointDue(new LeaseId(1), 3300)], DueAt(Now + TimeSpan.FromSeconds(300)));
        Assert.Empty(DueAt(Now + TimeSpan.FromSeconds(599)));
        Assert.Equal([new LeaseCheckpointDue(new LeaseId(1), 3000)], DueAt(Now + TimeSpan.FromSeconds(600)));
    }

    [Fact]
    public void Renew_WithACheckpointRecordedOrOnItsWay_AsksForOneOfZeroFirst()
    {
        // L5, invariant LS-1: a checkpoint that a renewal has overtaken would end the lease early at the next primary.
        Leases.Promote(Now, Election);
        _machine.Grant(1, 3600);
        var later = Now + TimeSpan.FromSeconds(300);
        Assert.Single(DueAt(later));
        Assert.Equal(RenewOutcome.CheckpointFirst, Leases.Renew(new LeaseId(1), later, out _));
        _machine.Checkpoint(1, 3300);
        Assert.Equal(RenewOutcome.CheckpointFirst, Leases.Renew(new LeaseId(1), later, out _));
        _machine.Checkpoint(1, 0);
        Assert.Equal(RenewOutcome.Renewed, Leases.Renew(new LeaseId(1), later, out _));
        Leases.Demote();
        Leases.Promote(later, Election);
        Assert.True(Leases.TryGetExpiry(new LeaseId(1), later, out var expiry));
        Assert.Equal(TimeSpan.FromSeconds(3601), expiry.Remaining);
    }

    [Fact]
    public void RandomLife_AgainstAListOfLeases_ExpiresExactly()
    {
        var prng = new Prng(5);
        var expiries = new Dictionary<long, Instant>();
        Leases.Promote(Now, Election);
        for (var i = 0; i < 5000; i++)
        {
            var lease = prng.Between(1, 40);
            switch (prng.Below(4))
            {
                case 0 when !expiries.ContainsKey(lease):
                    _machine.Grant(lease, prng.Between(1, 100));
                    expiries[lease] = Now + TimeSpan.FromSeconds(Ttl(lease));
                    break;
                case 1 when expiries.TryGetValue(lease, out var expiry) && expiry > Now:
                    Assert.Equal(RenewOutcome.Renewed, Leases.Renew(new LeaseId(lease), Now, out _));
                    var renewed = Now + TimeSpan.FromSeconds(Ttl(lease));
                    expiries[lease] = renewed > expiry ? renewed : expiry;
                    break;
                case 2 when prng.Chance(1, 5) && expiries.Remove(lease):
                    _machine.Revoke(lease);
                    break;
                default:
                    _machine.Now += TimeSpan.FromMilliseconds(prng.Between(0, 800));
                    var expected = expiries.Where(pair => pair.Value <= Now).Select(pair => pair.Key).Order().ToList();
                    Assert.Equal(expected, ExpiredAt(Now).Order());
                    foreach (var expired in expected)
                    {
                        _machine.Revoke(expired);
                        expiries.Remove(expired);
                    }

                    break;
            }
        }
    }

    [Fact]
    public void MillionLeases_ExpiringAtOnce_AreNamedInBoundedSlices()
    {
        // L10: the cost is counted, not timed: a slice takes what it was asked for, and a thousand slices take them all.
        const int count = 1_000_000;
        var lessor = new Lessor(new LessorOptions());
        for (var lease = 1; lease <= count; lease++)
            lessor.Grant(new LeaseId(lease), 10, Now);
        lessor.Promote(Now, Election);
        var expiry = Now + TimeSpan.FromSeconds(11);
        var slice = new LeaseId[1000];
        var named = new HashSet<LeaseId>();
        for (var i = 0; i < count / slice.Length; i++)
        {
            Assert.Equal(slice.Length, lessor.Expired(expiry, slice));
            named.UnionWith(slice);
        }

        Assert.Equal(count, named.Count);
        Assert.Equal(0, lessor.Expired(expiry, slice));
    }

    private long Ttl(long lease)
    {
        Assert.True(Leases.TryGetTtl(new LeaseId(lease), out var ttl));
        return ttl;
    }

    private List<long> ExpiredAt(Instant now)
    {
        var leases = new LeaseId[100];
        var count = Leases.Expired(now, leases);
        return [.. leases[..count].Select(lease => lease.Value)];
    }

    private List<LeaseCheckpointDue> DueAt(Instant now)
    {
        var due = new LeaseCheckpointDue[100];
        var count = Leases.CheckpointsDue(now, due);
        return [.. due[..count]];
    }
}

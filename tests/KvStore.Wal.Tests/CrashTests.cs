using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;

namespace KvStore.Wal.Tests;

/// <summary>
/// D3, D5, D6, D7: a random life of a log in which one call of the disk is the last, or fails, for every call in turn. Whatever
/// the loss of power keeps, the next process finds everything that was synced and nothing that was never written.
/// </summary>
public sealed class CrashTests
{
    public static TheoryData<DiskFault, PowerLoss> FaultsAndLosses()
    {
        var data = new TheoryData<DiskFault, PowerLoss>();
        foreach (var fault in new[] { DiskFault.CrashBefore, DiskFault.CrashAfter, DiskFault.FailIo, DiskFault.FailNoSpace })
        {
            foreach (var loss in Enum.GetValues<PowerLoss>())
                data.Add(fault, loss);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(FaultsAndLosses))]
    public void NthCall_CrashesOrFails_NothingSyncedIsLost(DiskFault fault, PowerLoss loss)
    {
        for (ulong seed = 1; seed <= 4; seed++)
        {
            for (var nth = 1; ; nth++)
            {
                var life = new LogLife(seed);
                life.Fixture.Disk.FaultOnce(nth, fault);
                var finished = life.Run(steps: 40);
                life.Fixture.Disk.Faults = static (_, _) => DiskFault.None;
                life.Fixture.Disk.LosePower(loss);
                life.CheckRecovered($"seed {seed}, {fault} at call {nth}, {loss}");
                if (finished)
                    break;
                Assert.True(nth < 10_000);
            }
        }
    }

    /// <summary>D7: several crashes one after the other, also during recovery.</summary>
    [Fact]
    public void ManyLives_CrashAtRandomCalls_NothingSyncedIsLost()
    {
        for (ulong seed = 1; seed <= 150; seed++)
        {
            var life = new LogLife(seed);
            var prng = new Prng(seed * 7919);
            for (var round = 0; round < 12; round++)
            {
                life.Fixture.Disk.FaultOnce(1 + prng.Below(60), (DiskFault)(1 + prng.Below(4)));
                life.Run(steps: 15);
                life.Fixture.Disk.Faults = static (_, _) => DiskFault.None;
                if (prng.Chance(1, 3))
                    life.Fixture.Disk.Kill();
                else
                    life.Fixture.Disk.LosePower((PowerLoss)prng.Below(4));
                life.CheckRecovered($"seed {seed}, round {round}");
            }
        }
    }

    /// <summary>D3: after a failed sync the log refuses every further call and the disk sees none.</summary>
    [Fact]
    public void Sync_Failed_LogIsUnusableAndNotSyncedAgain()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        log.Append(null, LogFixture.Entries(1, 1));
        fixture.Disk.Faults = static (call, _) => call == DiskCall.Sync ? DiskFault.FailIo : DiskFault.None;
        Assert.Throws<StorageException>(log.Sync);
        fixture.Disk.Faults = static (_, _) => DiskFault.None;
        var calls = fixture.Disk.Calls;
        Assert.Throws<StorageException>(log.Sync);
        Assert.Throws<StorageException>(() => log.Append(null, LogFixture.Entries(2, 1)));
        Assert.Throws<StorageException>(() => log.MarkSnapshot(new LogIndex(1), new Term(1), default));
        Assert.Throws<StorageException>(() => log.RemovePrefix(LogIndex.Zero));
        log.Dispose();
        Assert.Equal(calls, fixture.Disk.Calls);
    }

    /// <summary>D3 (fsyncgate): what the page cache shows after a failed sync is written again before anybody relies on it.</summary>
    [Fact]
    public void Open_AfterFailedSyncAndKill_WhatItReportsIsDurable()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        log.Append(null, LogFixture.Entries(1, 3));
        fixture.Disk.Faults = static (call, _) => call == DiskCall.Sync ? DiskFault.FailIo : DiskFault.None;
        Assert.Throws<StorageException>(log.Sync);
        fixture.Disk.Faults = static (_, _) => DiskFault.None;
        var reported = fixture.Recover();
        Assert.Equal(3, reported.Entries.Count);
        fixture.Disk.LosePower(PowerLoss.LoseAll);
        Assert.Equal(reported.ToString(), fixture.Recover().ToString());
    }

    /// <summary>D6: a full disk stops the log; with space again it opens with everything synced.</summary>
    [Fact]
    public void DiskFull_ThenFreed_BootsWithEverythingSynced()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        fixture.Disk.CapacityBytes = 3 * 4096 + 100;
        ulong synced = 0;
        void Fill()
        {
            for (ulong i = 1; ; i++)
            {
                log.Append(null, LogFixture.Entries(i, 1, bytes: 100));
                log.Sync();
                synced = i;
            }
        }

        var refusal = Assert.Throws<StorageException>(Fill);
        Assert.Equal(StorageFailure.NoSpace, refusal.Failure);
        fixture.Disk.CapacityBytes = long.MaxValue;
        var recovered = fixture.Recover();
        WriteAheadLogTests.AssertSame(LogFixture.Entries(1, (int)synced, bytes: 100), [.. recovered.Entries.Take((int)synced)]);
        Assert.InRange(recovered.Entries.Count, (int)synced, (int)synced + 1);
    }
}

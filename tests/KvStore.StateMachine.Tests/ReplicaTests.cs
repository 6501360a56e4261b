using Google.Protobuf;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Snapshots;
using KvStore.Simulation.Store;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests;

/// <summary>Goal: the state is a function of the log alone. Method: replicas that batch, sweep, restart, crash and lead differently.</summary>
public sealed class ReplicaTests
{
    private const int Entries = 400;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 15).Select(seed => (ulong)seed)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void SameLog_OtherBatchesRestartsAndRoles_SameState(ulong seed)
    {
        // M3, L7, C3: including replies, which the members that do not answer must not need for their state.
        var log = RandomLog(seed);
        using var plain = new Machine();
        using var other = new Machine(new ApplierOptions { IsAwaitedHere = _ => false }, seed) { CommitsEachEntry = false };
        Feed(plain, log, _ => { });

        var prng = new Prng(seed + 1000);
        Feed(other, log, machine => Disturb(prng, machine));
        other.Applier.Commit();

        Assert.Equal(Dump(plain), Dump(other));
        plain.Restart();
        Assert.Equal(Dump(plain), Dump(other));
        Assert.Equal(Attached(plain), Attached(other));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void CrashAtAnyWrite_ReplayFromTheConsistentIndex_ReachesTheSameState(ulong seed)
    {
        // M1, M2, M5, M8: what a crash leaves is a prefix of the batches, each with its index; the replay adds what is missing, once.
        var log = RandomLog(seed);
        using var plain = new Machine();
        Feed(plain, log, _ => { });

        var prng = new Prng(seed + 2000);
        using var crashing = new Machine(seed: seed) { CommitsEachEntry = false };
        var place = 0;
        var applied = 0;
        while (place < log.Count)
        {
            // A replay that never gets further is a failure, not a hang.
            Assert.True(++applied < 50 * Entries, "every crash begins again from the start");
            crashing.Apply(log[place++]);
            if (prng.Chance(1, 3))
                crashing.Applier.Commit();
            if (prng.Chance(1, 20))
                crashing.Store.Flush();
            if (!prng.Chance(1, 15))
                continue;
            crashing.Crash();
            Assert.Equal(crashing.Applier.State, crashing.Applier.Committed);
            // The log replays from the first entry: those the store has are skipped.
            var again = (int)Math.Max(0, (long)crashing.Applier.State.Index.Value - prng.Below(5));
            for (place = again; (ulong)place < crashing.Applier.State.Index.Value; place++)
                Assert.True(crashing.Apply(log[place]).Skipped);
        }

        crashing.Applier.Commit();
        Assert.Equal(Dump(plain), Dump(crashing));
    }

    [Fact]
    public void Commit_AtEveryStoreFailure_LeavesIndexAndDataTogether()
    {
        // M1: one write carries everything, so the nth failure leaves the state of a whole number of batches.
        var log = RandomLog(7).Take(60).ToList();
        for (var failing = 1; ; failing++)
        {
            var writes = 0;
            using var machine = new Machine(storeOptions: new SimulatedStoreOptions
            {
                BeforeCall = call =>
                {
                    if (call == StoreCall.Write && ++writes == failing)
                        throw new StorageException(StorageFailure.Io, "write " + failing);
                },
            });
            if (TryFeed(machine, log, out var applied))
                break;
            machine.Restart();
            Assert.Equal((ulong)applied, machine.Applier.State.Index.Value);
            using var expected = new Machine();
            Feed(expected, log.Take(applied), _ => { });
            Assert.Equal(Dump(expected), Dump(machine));
        }
    }

    [Fact]
    public void UnknownCommand_StopsTheMember()
    {
        // C14: never skipped.
        using var machine = new Machine();
        var entry = Machine.Entry(1, (CommandKind)99, new PutRequest());
        Assert.Throws<InvariantBrokenException>(() => machine.Apply(entry));
    }

    [Fact]
    public void Gap_BreaksAnInvariant()
    {
        using var machine = new Machine();
        var entry = Machine.Entry(2, CommandKind.Put, new PutRequest { Key = Machine.Bytes("a") });
        Assert.Throws<InvariantBrokenException>(() => machine.Apply(entry));
    }

    private static bool TryFeed(Machine machine, IReadOnlyList<LogEntry> log, out int applied)
    {
        applied = 0;
        try
        {
            foreach (var entry in log)
            {
                machine.Apply(entry);
                applied++;
            }

            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private static void Feed(Machine machine, IEnumerable<LogEntry> log, Action<Machine> between)
    {
        foreach (var entry in log)
        {
            machine.Apply(entry);
            between(machine);
        }
    }

    private static void Disturb(Prng prng, Machine machine)
    {
        if (prng.Chance(1, 4))
            machine.Applier.Commit();
        if (prng.Chance(1, 20))
            machine.Leases.Promote(machine.Now, TimeSpan.FromSeconds(1));
        if (prng.Chance(1, 20))
            machine.Leases.Demote();
        machine.Now += TimeSpan.FromSeconds(prng.Between(0, 30));
        if (prng.Chance(1, 30))
        {
            machine.Applier.Commit();
            machine.Restart();
        }

        if (prng.Chance(1, 10))
        {
            machine.Applier.Commit();
            machine.Keys.Sweep.Next(3);
        }
    }

    // Every third log has users and roles, and callers in its commands.
    private static List<LogEntry> RandomLog(ulong seed)
    {
        var prng = new Prng(seed);
        var requests = new RequestGenerator(prng);
        var auth = seed % 3 == 0 ? new AuthEntries(prng) : null;
        var log = new List<LogEntry>();
        var revision = 1L;
        for (var index = 1UL; index <= Entries; index++)
        {
            revision++;
            if (auth is not null && prng.Chance(1, 4))
            {
                log.Add(auth.Next(index));
                continue;
            }

            log.Add(prng.Below(12) switch
            {
                0 or 1 or 2 => Machine.Entry(index, CommandKind.Put, requests.PutOrKeep(), index, caller: auth?.Caller() ?? default),
                3 => Machine.Entry(index, CommandKind.DeleteRange, requests.Delete(), index, caller: auth?.Caller() ?? default),
                4 => Machine.Entry(index, CommandKind.LeaseGrant, new LeaseGrantRequest { ID = prng.Between(1, 3), TTL = prng.Between(0, 900) }),
                5 => Machine.Entry(index, CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = prng.Between(1, 3) }),
                6 => Machine.Entry(index, CommandKind.Compaction, new CompactionRequest { Revision = prng.Between(revision / 4, revision / 2) }),
                7 => Machine.Entry(index, CommandKind.LeaseCheckpoint, new LeaseCheckpointRequest
                {
                    Checkpoints = { new LeaseCheckpoint { ID = prng.Between(1, 3), RemainingTTL = prng.Between(0, 100) } },
                }),
                8 => RandomAlarmOrMember(prng, index),
                _ => Machine.Entry(index, CommandKind.Txn, requests.Txn(revision / 2), index, caller: auth?.Caller() ?? default),
            });
        }

        return log;
    }

    private static LogEntry RandomAlarmOrMember(Prng prng, ulong index)
    {
        if (prng.Chance(1, 4))
            return new LogEntry(new Term(1), new LogIndex(index), LogEntryKind.Empty, default);
        if (prng.Chance(1, 2))
        {
            return Machine.Entry(index, CommandKind.Alarm, new AlarmRequest
            {
                Action = prng.Chance(1, 4) ? AlarmRequest.Types.AlarmAction.Activate : AlarmRequest.Types.AlarmAction.Deactivate,
                MemberID = prng.Below(2UL),
                Alarm = (AlarmType)prng.Below(3),
            });
        }

        var change = new MembershipCommand
        {
            Steps =
            {
                new MembershipStep
                {
                    Kind = (MembershipStep.Types.Kind)prng.Below(5),
                    Member = new MemberRecord { Id = prng.Below(5UL) + 1, PeerUrls = { "http://m" + prng.Below(5) } },
                },
            },
        };
        return new LogEntry(new Term(1), new LogIndex(index), LogEntryKind.Membership, change.ToByteArray());
    }

    // Everything in the store once nothing is left to sweep.
    private static List<string> Dump(Machine machine)
    {
        machine.SweepAll();
        var rows = new List<string>();
        using var scan = machine.Store.Scan([], []);
        while (scan.MoveNext())
            rows.Add(Convert.ToHexString(scan.Key) + "=" + Convert.ToHexString(scan.Value));
        return rows;
    }

    private static List<string> Attached(Machine machine)
    {
        var leases = new List<LeaseId>();
        machine.Leases.CopyLeasesTo(leases);
        return [.. leases.Order().Select(lease => lease + ":" + string.Join(',', machine.KeysOf(lease.Value)))];
    }
}

using System.Diagnostics;
using KvStore.Primitives;

namespace KvStore.Raft.Tests.Cost;

/// <summary>The hot path, measured in what can be measured exactly: bytes allocated per proposal. Time is printed, not judged.</summary>
public sealed class ProposalCostTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Batch = 2_000;
    private const int Batches = 200;

    // The slot of an entry is 40 bytes, and growing a chunk copies it once more.
    private const long BytesPerProposalMax = 120;

    [Fact]
    public void Propose_OneMember_AllocatesLittleMoreThanTheLogItself()
    {
        var core = new RaftCore(new RaftOptions { Self = new MemberId(1) }, RaftState.Founding(Membership.OfVoters(new MemberId(1))), new Prng(1));
        core.Campaign();
        Drain(core);
        Assert.Equal(RaftRole.Leader, core.Role);
        RunBatches(core, 20);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        RunBatches(core, Batches);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var perProposal = (GC.GetAllocatedBytesForCurrentThread() - before) / (Batch * Batches);

        output.WriteLine($"{perProposal} bytes per proposal, {Batch * Batches / elapsed.TotalSeconds:N0} proposals/s");
        Assert.InRange(perProposal, 0, BytesPerProposalMax);
    }

    [Fact]
    public void Propose_ThreeMembers_SharesItsEntriesWithTheMessages()
    {
        var founders = Membership.OfVoters(new MemberId(1), new MemberId(2), new MemberId(3));
        var cores = founders.Voters.Select(id => new RaftCore(new RaftOptions { Self = id }, RaftState.Founding(founders), new Prng(id.Value))).ToArray();
        cores[0].Campaign();
        Exchange(cores);
        Assert.Equal(RaftRole.Leader, cores[0].Role);
        RunBatches(cores, 20);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        RunBatches(cores, Batches);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var perProposal = (GC.GetAllocatedBytesForCurrentThread() - before) / (Batch * Batches);

        output.WriteLine($"{perProposal} bytes per proposal on three members, {Batch * Batches / elapsed.TotalSeconds:N0} proposals/s");
        // Each member holds its own log; nothing per entry beside.
        Assert.InRange(perProposal, 0, 3 * BytesPerProposalMax);
        Assert.All(cores, core => Assert.Equal(cores[0].CommitIndex, core.CommitIndex));
    }

    private static void RunBatches(RaftCore core, int count)
    {
        var command = new byte[256];
        for (var batch = 0; batch < count; batch++)
        {
            for (var i = 0; i < Batch; i++)
                core.Propose(command);
            Drain(core);
            core.CompactLog(core.AppliedIndex);
        }
    }

    private static void RunBatches(RaftCore[] cores, int count)
    {
        var command = new byte[256];
        for (var batch = 0; batch < count; batch++)
        {
            for (var i = 0; i < Batch; i++)
                cores[0].Propose(command);
            Exchange(cores);
            foreach (var core in cores)
                core.CompactLog(core.AppliedIndex);
        }
    }

    private static void Drain(RaftCore core)
    {
        while (core.TryTakeReady(out var ready))
            Finish(core, ready);
    }

    private static void Finish(RaftCore core, Ready ready)
    {
        if (ready.NeedsPersist)
            core.Persisted(ready.PersistMark);
        if (ready.EntriesToApply.Count > 0)
            core.Applied(ready.EntriesToApply[^1].Index);
    }

    private static void Exchange(RaftCore[] cores)
    {
        for (var busy = true; busy;)
        {
            busy = false;
            foreach (var core in cores)
            {
                if (!core.TryTakeReady(out var ready))
                    continue;
                busy = true;
                foreach (var message in ready.MessagesNow)
                    cores[message.To.Value - 1].Step(message);
                foreach (var message in ready.MessagesAfterPersist)
                    cores[message.To.Value - 1].Step(message);
                Finish(core, ready);
            }
        }
    }
}

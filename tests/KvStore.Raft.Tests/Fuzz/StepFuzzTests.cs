using KvStore.Primitives;
using KvStore.Raft.Tests.Cluster;

namespace KvStore.Raft.Tests.Fuzz;

/// <summary>R-14, R17, ADA-22-02: whatever a peer says, Step does not throw, and numbers do not run away.</summary>
public sealed class StepFuzzTests
{
    [Fact]
    public void Step_RandomMessages_NeverThrows()
    {
        var stepped = 0;
        var roles = new HashSet<RaftRole>();
        for (var seed = 1UL; seed <= 200; seed++)
        {
            var prng = new Prng(seed);
            var member = NewMember(seed);
            for (var i = 0; i < 500; i++, stepped++)
            {
                member.Core.Step(RandomMessage(prng, member.Core));
                if (prng.Chance(1, 4))
                    member.Core.Tick();
                if (prng.Chance(1, 3))
                    Drain(member);
                roles.Add(member.Core.Role);
                if (member.Core.Quarantine is not null)
                    member = NewMember(seed + (ulong)i);
            }
        }

        Assert.Equal(100_000, stepped);
        Assert.Equal(4, roles.Count);
    }

    private static TestMember NewMember(ulong seed)
    {
        var founders = Membership.OfVoters(new MemberId(1), new MemberId(2), new MemberId(3));
        var options = new RaftOptions { Self = new MemberId(1), ElectionTicksMin = 3, ElectionTicksMax = 5, InflightMessagesMax = 3 };
        return new TestMember(options, RaftState.Founding(founders), seed);
    }

    private static void Drain(TestMember member)
    {
        while (member.TakeReady(static _ => { }) is not null)
        {
        }

        while (member.PersistNext(static _ => { }) || member.ApplyNext())
        {
        }
    }

    // Mostly near what is true, because that is where mistakes are found; at times absurd.
    private static PeerMessage RandomMessage(Prng prng, RaftCore core)
    {
        var kind = (PeerMessageKind)prng.Below((int)PeerMessageKind.Commit + 2);
        var term = Near(prng, core.Term.Value);
        var index = Near(prng, core.LastIndex.Value);
        var logTerm = index == 0 ? 0 : Math.Min(term, Near(prng, core.TermAt(new LogIndex(index))?.Value ?? core.Term.Value));
        return new PeerMessage
        {
            Kind = kind,
            From = new MemberId((ulong)prng.Below(5)),
            To = new MemberId(prng.Chance(1, 30) ? 2UL : 1UL),
            Term = new Term(MessageRules.CarriesNoTerm(kind) && !prng.Chance(1, 30) ? 0 : term),
            Index = new LogIndex(index),
            LogTerm = new Term(logTerm),
            // A true leader never tells a commit index the peer has not acknowledged; one that does quarantines the member, which
            // would end the run too soon. That has a script of its own.
            Commit = new LogIndex(kind == PeerMessageKind.Heartbeat && !prng.Chance(1, 500) ? prng.Below(core.LastIndex.Value + 1) : Near(prng, core.CommitIndex.Value)),
            CommitTerm = core.TermAt(core.CommitIndex) ?? Term.Zero,
            Reject = prng.Chance(1, 2),
            Force = prng.Chance(1, 5),
            HintIndex = new LogIndex(Near(prng, core.LastIndex.Value)),
            Token = new ReadToken(Near(prng, core.Term.Value), Near(prng, 3)),
            Target = new MemberId((ulong)prng.Below(5)),
            Entries = prng.Chance(1, 3) || kind is PeerMessageKind.Append or PeerMessageKind.Propose ? RandomEntries(prng, index, logTerm, term) : default,
        };
    }

    private static LogEntry[] RandomEntries(Prng prng, ulong after, ulong logTerm, ulong term)
    {
        var entries = new LogEntry[prng.Below(4)];
        for (var i = 0; i < entries.Length; i++)
        {
            logTerm = Math.Min(term, logTerm + (ulong)prng.Below(2));
            var kind = prng.Chance(1, 40) ? (LogEntryKind)7 : LogEntryKind.Command;
            entries[i] = new LogEntry(new Term(logTerm), new LogIndex(after + 1 + (ulong)i + (prng.Chance(1, 50) ? 1UL : 0)), kind, new byte[prng.Below(20)]);
        }

        return entries;
    }

    private static ulong Near(Prng prng, ulong value) => prng.Below(40) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => 1UL << 62,
        3 => prng.Below(1000UL),
        < 10 => value + 1,
        < 16 => value == 0 ? 0 : value - 1,
        _ => value,
    };
}

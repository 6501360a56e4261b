using System.Globalization;
using KvStore.Simulation.Cluster;
using KvStore.Simulation.Replica;
using KvStore.Simulation.World;

// Exit codes: 0 all well, 1 a seed failed or many did too little, 2 usage, 3 the one seed asked for gave two different transcripts.
const string Usage = """
    kvstore-simulator --seed N [--lines]   one seed, twice; with --lines its transcript
    kvstore-simulator --seeds A..B         many seeds: the ones that fail, and a summary of what was reached; a hundred and more
                                           fail too when they did less than they should
    kvstore-simulator --seeds A..B --twice each of them twice: it must give the same transcript
    kvstore-simulator --swarm SECONDS      seeds from a random start for so long
    With --raft first: clusters of consensus, log and disk only, instead of whole members.
    """;
Func<ulong, TextWriter?, RunResult> run = NodeRun.Run;
var report = NodeMinimums.NewReport();
if (args is ["--raft", ..])
    (run, report, args) = (ReplicaRun.Run, ReplicaMinimums.NewReport(), args[1..]);
switch (args)
{
    case ["--seed", var seed, .. var rest]:
        return One(run, ulong.Parse(seed, CultureInfo.InvariantCulture), rest is ["--lines"]);
    case ["--seeds", var range, .. var often] when range.Split("..") is [var from, var to] && often is [] or ["--twice"]:
        var runs = often is [] ? run : Twice(run);
        return Many(runs, report, ulong.Parse(from, CultureInfo.InvariantCulture), ulong.Parse(to, CultureInfo.InvariantCulture), TimeSpan.MaxValue);
    case ["--swarm", var seconds]:
        var start = (ulong)Random.Shared.NextInt64(1L << 50);
        return Many(run, report, start, ulong.MaxValue, TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

static int One(Func<ulong, TextWriter?, RunResult> run, ulong seed, bool lines)
{
    var first = run(seed, lines ? Console.Out : null);
    Console.WriteLine(first);
    if (run(seed, null).TranscriptHash == first.TranscriptHash)
        return first.Failure is null ? 0 : 1;
    Console.WriteLine($"seed {seed} gave two different transcripts");
    return 3;
}

// A seed with two transcripts fails, whatever they say: nothing it shows can be looked at again.
static Func<ulong, TextWriter?, RunResult> Twice(Func<ulong, TextWriter?, RunResult> run) => (seed, lines) =>
{
    var first = run(seed, lines);
    return run(seed, null).TranscriptHash == first.TranscriptHash ? first : first with { Failure = "two different transcripts" };
};

static int Many(Func<ulong, TextWriter?, RunResult> run, SeedReport report, ulong from, ulong to, TimeSpan limit)
{
    var start = TimeProvider.System.GetTimestamp();
    for (var seed = from; seed <= to && TimeProvider.System.GetElapsedTime(start) < limit; seed++)
    {
        var result = run(seed, null);
        report.Add(result);
        if (result.Failure is not null)
            Console.WriteLine(result);
    }

    foreach (var (path, count) in report.Reached)
        Console.WriteLine($"{count,12} {path}");
    foreach (var shortfall in report.Shortfalls)
        Console.WriteLine($"too little: {shortfall}");
    Console.WriteLine($"{report.Seeds} seeds from {from}: {report.Failures} failed, {report.Committed} entries committed, {report.Answered} calls answered");
    return report.Failures == 0 && report.Shortfalls.Count == 0 ? 0 : 1;
}

using System.Globalization;
using KvStore.Simulation.Cluster;
using KvStore.Simulation.Replica;
using KvStore.Simulation.World;

// Exit codes: 0 all well, 1 a seed failed, 2 usage, 3 a seed gave two different transcripts.
const string Usage = """
    kvstore-simulator --seed N [--lines]   one seed, twice; with --lines its transcript
    kvstore-simulator --seeds A..B         many seeds: the ones that fail, and a summary of what was reached
    kvstore-simulator --swarm SECONDS      seeds from a random start for so long
    With --raft first: clusters of consensus, log and disk only, instead of whole members.
    """;
Func<ulong, TextWriter?, RunResult> run = NodeRun.Run;
if (args is ["--raft", ..])
    (run, args) = (ReplicaRun.Run, args[1..]);
switch (args)
{
    case ["--seed", var seed, .. var rest]:
        return One(run, ulong.Parse(seed, CultureInfo.InvariantCulture), rest is ["--lines"]);
    case ["--seeds", var range] when range.Split("..") is [var from, var to]:
        return Many(run, ulong.Parse(from, CultureInfo.InvariantCulture), ulong.Parse(to, CultureInfo.InvariantCulture), TimeSpan.MaxValue);
    case ["--swarm", var seconds]:
        var start = (ulong)Random.Shared.NextInt64(1L << 50);
        return Many(run, start, ulong.MaxValue, TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
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

static int Many(Func<ulong, TextWriter?, RunResult> run, ulong from, ulong to, TimeSpan limit)
{
    var start = TimeProvider.System.GetTimestamp();
    var reached = new SortedDictionary<string, long>(StringComparer.Ordinal);
    long runs = 0, failures = 0, committed = 0, answered = 0;
    for (var seed = from; seed <= to && TimeProvider.System.GetElapsedTime(start) < limit; seed++)
    {
        var result = run(seed, null);
        runs++;
        committed += result.Committed;
        answered += result.Answered;
        foreach (var (path, count) in result.Reached)
            reached[path] = reached.GetValueOrDefault(path) + count;
        if (result.Failure is null)
            continue;
        failures++;
        Console.WriteLine(result);
    }

    Console.WriteLine($"{runs} seeds from {from}: {failures} failed, {committed} entries committed, {answered} calls answered");
    foreach (var (path, count) in reached)
        Console.WriteLine($"{count,12} {path}");
    return failures == 0 ? 0 : 1;
}

using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Inner;

/// <summary>What the inner benchmarks found when they were last kept: a line each of name, nanoseconds and bytes allocated, for one operation.</summary>
internal static class Baseline
{
    /// <summary>Whoever measures on another machine, or beside others, is told the factor; only what no machine explains is a failure.</summary>
    private const double TimesSlowerMax = 3;

    /// <summary>What a whole run allocated is divided by its operations: tables that grow now and then, and what the measuring itself takes.</summary>
    private const double MoreBytesMax = 0.05;

    private const double StrayBytes = 1;

    private static string File => Path.Combine(Checkout.Root, "tests/KvStore.Benchmarks/Inner/baseline.tsv");

    public static IReadOnlyDictionary<string, Piece> Read() => !System.IO.File.Exists(File)
        ? new Dictionary<string, Piece>()
        : System.IO.File.ReadLines(File)
            .Select(line => line.Split('\t'))
            .Select(words => new Piece(words[0], double.Parse(words[1], CultureInfo.InvariantCulture), double.Parse(words[2], CultureInfo.InvariantCulture)))
            .ToDictionary(piece => piece.Name);

    public static void Write(IEnumerable<Piece> pieces) =>
        System.IO.File.WriteAllLines(File, pieces.Select(piece => string.Create(CultureInfo.InvariantCulture, $"{piece.Name}\t{piece.Nanoseconds:0.##}\t{piece.Bytes:0.##}")));

    /// <summary>How a piece compares with what was kept; whether that is a failure.</summary>
    public static (string Line, bool IsWorse) Judge(Piece found, Piece? kept)
    {
        if (kept is null)
            return (string.Create(CultureInfo.InvariantCulture, $"{found.Name,-32} {found.Nanoseconds,12:n1} ns {found.Bytes,10:n0} B   new"), false);
        var times = found.Nanoseconds / kept.Nanoseconds;
        var isWorse = times > TimesSlowerMax || found.Bytes > (kept.Bytes * (1 + MoreBytesMax)) + StrayBytes;
        return (string.Create(CultureInfo.InvariantCulture,
            $"{found.Name,-32} {found.Nanoseconds,12:n1} ns {found.Bytes,10:n0} B   {times:f2} of {kept.Nanoseconds:n1} ns and {kept.Bytes:n0} B{(isWorse ? "   WORSE" : "")}"), isWorse);
    }
}

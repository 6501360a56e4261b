namespace KvStore.Benchmarks.Inner;

/// <summary>One inner benchmark's figures, for one operation.</summary>
internal sealed record Piece(string Name, double Nanoseconds, double Bytes);

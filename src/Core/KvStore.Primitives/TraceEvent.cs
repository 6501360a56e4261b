namespace KvStore.Primitives;

/// <summary>
/// Something that happened in Core and that somebody may want to see. Core does not log: one definition feeds golden
/// transcripts, structured logs and metrics. The meaning of the numbers is documented at each <see cref="TraceKind"/>.
/// </summary>
public readonly record struct TraceEvent(TraceKind Kind, ulong A = 0, ulong B = 0, ulong C = 0, string? Detail = null);

using System.Globalization;

namespace KvStore.Node.Watch;

/// <summary>A watch stream of this member; chosen by the edge, never used twice in the life of the process.</summary>
public readonly record struct WatchStreamId(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using KvStore.Primitives;

namespace KvStore.Simulation.World;

/// <summary>
/// What happened in a run, as a running hash and, when asked for, as lines. Two runs of one seed must have the same hash: that is
/// what makes a seed worth keeping.
/// </summary>
public sealed class Transcript
{
    private readonly TextWriter? _lines;

    public Transcript(TextWriter? lines = null) => _lines = lines;

    public uint Hash { get; private set; }

    public long Events { get; private set; }

    public void Note(Instant now, string what)
    {
        Events++;
        var line = string.Create(CultureInfo.InvariantCulture, $"{now.Ticks / 10,12} {what}");
        Hash = Crc32C.Append(Hash, System.Text.Encoding.UTF8.GetBytes(line));
        _lines?.WriteLine(line);
    }
}

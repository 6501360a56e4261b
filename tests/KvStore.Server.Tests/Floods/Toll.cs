using System.Globalization;

namespace KvStore.Server.Tests.Floods;

/// <summary>What a flood cost.</summary>
/// <param name="Frames">How many frames it sent.</param>
/// <param name="GrownBytes">Resident memory at its highest, beyond what was held before.</param>
/// <param name="Processor">Processor time of the server.</param>
/// <param name="Elapsed">Time the flood took.</param>
/// <param name="SlowestCall">Longest call of an honest client beside it.</param>
/// <param name="Calls">How many calls that client had answered.</param>
internal sealed record Toll(long Frames, long GrownBytes, TimeSpan Processor, TimeSpan Elapsed, TimeSpan SlowestCall, int Calls)
{
    public double MicrosPerFrame => Processor.TotalMicroseconds / Frames;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Frames} frames in {Elapsed.TotalSeconds:0.0} s, +{GrownBytes >> 20} MiB, {Processor.TotalSeconds:0.0} s of processor ({MicrosPerFrame:0.0} us a frame), honest calls {Calls}, slowest {SlowestCall.TotalMilliseconds:0} ms");
}

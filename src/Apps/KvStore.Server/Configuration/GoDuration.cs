using System.Globalization;

namespace KvStore.Server.Configuration;

/// <summary>Durations as Go writes them: signed decimal numbers with units, such as 300ms, 1.5h or 2h45m.</summary>
internal static class GoDuration
{
    private static readonly (string Unit, double Ticks)[] Units =
    [
        ("ns", 0.01), ("us", 10), ("µs", 10), ("μs", 10), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var negative = text.StartsWith('-');
        var rest = text.AsSpan(negative || text.StartsWith('+') ? 1 : 0);
        if (rest is "0")
            return true;
        if (rest.IsEmpty)
            return false;
        double ticks = 0;
        while (!rest.IsEmpty)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
                digits++;
            if (!double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            rest = rest[digits..];
            if (!TryTakeUnit(ref rest, out var unitTicks))
                return false;
            ticks += number * unitTicks;
        }

        if (ticks > long.MaxValue / 2)
            return false;
        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }

    private static bool TryTakeUnit(ref ReadOnlySpan<char> rest, out double ticks)
    {
        var length = 0;
        while (length < rest.Length && !char.IsAsciiDigit(rest[length]) && rest[length] != '.')
            length++;
        foreach (var (unit, unitTicks) in Units)
        {
            if (!rest[..length].SequenceEqual(unit))
                continue;
            rest = rest[length..];
            ticks = unitTicks;
            return true;
        }

        ticks = 0;
        return false;
    }
}

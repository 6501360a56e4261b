using System.Globalization;

namespace KvStore.Grpc;

/// <summary>The `grpc-timeout` header: one to eight digits and a unit (H M S m u n).</summary>
public static class TimeoutGrammar
{
    private const int DigitsMax = 8;

    /// <summary>Longer timeouts than a timer can hold are as good as none; the caller's own clock ends the call.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    /// <summary>False with Go's reason when the value is not a timeout.</summary>
    public static bool TryParse(string value, out TimeSpan timeout, out string reason)
    {
        timeout = default;
        reason = "";
        if (value.Length < 2)
            return Refuse($"transport: timeout string is too short: {GoQuote.Quote(value)}", out reason);
        if (value.Length > DigitsMax + 1)
            return Refuse($"transport: timeout string is too long: {GoQuote.Quote(value)}", out reason);

        long ticksPerUnit = value[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => -1,
        };
        if (ticksPerUnit < 0)
            return Refuse($"transport: timeout unit is not recognized: {GoQuote.Quote(value)}", out reason);

        long count = 0;
        foreach (var c in value.AsSpan(0, value.Length - 1))
        {
            if (!char.IsAsciiDigit(c))
                return Refuse($"strconv.ParseUint: parsing {GoQuote.Quote(value[..^1])}: invalid syntax", out reason);
            count = count * 10 + (c - '0');
        }

        // Rounded up: a timeout of some nanoseconds is short, not absent.
        var ticks = ticksPerUnit == 0 ? (count + 99) / 100 : count * ticksPerUnit;
        timeout = TimeSpan.FromTicks(Math.Min(ticks, Longest.Ticks));
        return true;
    }

    /// <summary>The finest unit that fits eight digits; rounded up, so that the server never gives up before the client.</summary>
    public static string Format(TimeSpan timeout)
    {
        var ticks = Math.Max(timeout.Ticks, 0);
        ReadOnlySpan<(long Ticks, char Unit)> units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'), (TimeSpan.TicksPerMinute, 'M'),
        ];
        foreach (var (unitTicks, unit) in units)
        {
            var count = (ticks + unitTicks - 1) / unitTicks;
            if (count < 100_000_000)
                return count.ToString(CultureInfo.InvariantCulture) + unit;
        }

        return Math.Min((ticks + TimeSpan.TicksPerHour - 1) / TimeSpan.TicksPerHour, 99_999_999).ToString(CultureInfo.InvariantCulture) + 'H';
    }

    private static bool Refuse(string text, out string reason)
    {
        reason = text;
        return false;
    }
}

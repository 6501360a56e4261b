using System.Globalization;
using System.Text;

namespace KvStore.Ctl;

/// <summary>Numbers and durations with Go's grammar and Go's complaints.</summary>
internal static class GoNumbers
{
    /// <summary>strconv.ParseInt(text, 16 or 10, 64); the error is the text Go gives.</summary>
    public static bool TryParseInt64(string text, int radix, out long value, out string error)
    {
        value = 0;
        error = "";
        var digits = text.Length > 0 && text[0] is '+' or '-' ? text.AsSpan(1) : text;
        var negative = text.StartsWith('-');
        if (digits.IsEmpty)
            return Fail(text, "invalid syntax", out error);
        var magnitude = 0UL;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
                return Fail(text, "invalid syntax", out error);
            // What no longer fits stays the greatest: a later digit may still be none.
            magnitude = magnitude > (ulong.MaxValue - (uint)digit) / (uint)radix ? ulong.MaxValue : (magnitude * (uint)radix) + (uint)digit;
        }

        if (magnitude > long.MaxValue + (negative ? 1UL : 0UL))
            return Fail(text, "value out of range", out error);
        value = unchecked(negative ? (long)(0 - magnitude) : (long)magnitude);
        return true;
    }

    /// <summary>strconv.ParseUint(text, 10, 64), of which only the half is used that is signed, too.</summary>
    public static bool TryParseUnsigned(string text, out string error)
    {
        error = "";
        if (text.Length > 0 && text[0] is not ('+' or '-') && TryParseInt64(text, 10, out _, out error))
            return true;
        error = error.EndsWith("range", StringComparison.Ordinal) ? error.Replace("ParseInt", "ParseUint", StringComparison.Ordinal)
            : $"strconv.ParseUint: parsing {GoText.Quote(text)}: invalid syntax";
        return false;
    }

    /// <summary>strconv.ParseUint(text, 16, 64), for member ids.</summary>
    public static bool TryParseHexUInt64(string text, out ulong value, out string error)
    {
        error = "";
        if (ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value))
            return true;
        var isLong = text.Length > 0 && text.All(char.IsAsciiHexDigit);
        error = $"strconv.ParseUint: parsing {GoText.Quote(text)}: {(isLong ? "value out of range" : "invalid syntax")}";
        return false;
    }

    /// <summary>time.ParseDuration.</summary>
    public static bool TryParseDuration(string text, out TimeSpan value, out string error)
    {
        value = default;
        error = $"time: invalid duration {GoText.Quote(text)}";
        var rest = text.AsSpan().TrimStart("+-");
        if (text.Length - rest.Length > 1 || rest.IsEmpty)
            return false;
        if (rest is "0")
            return true;
        var seconds = 0m;
        while (!rest.IsEmpty)
        {
            var number = rest[..CountWhile(rest, c => char.IsAsciiDigit(c) || c == '.')];
            rest = rest[number.Length..];
            if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
                return false;
            var unit = rest[..CountWhile(rest, c => !char.IsAsciiDigit(c) && c != '.')].ToString();
            rest = rest[unit.Length..];
            if (unit.Length == 0)
                error = $"time: missing unit in duration {GoText.Quote(text)}";
            else if (SecondsOf(unit) is null)
                error = $"time: unknown unit {GoText.Quote(unit)} in duration {GoText.Quote(text)}";
            if (SecondsOf(unit) is not { } scale || amount * scale > 9_000_000_000m)
                return false;
            seconds += amount * scale;
        }

        value = TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond) * (text[0] == '-' ? -1 : 1));
        return true;
    }

    /// <summary>time.Duration.String: `1m2.5s`, `3.2ms`, `12µs`.</summary>
    public static string Duration(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
            return "0s";
        var text = new StringBuilder(duration < TimeSpan.Zero ? "-" : "");
        var nanos = (decimal)Math.Abs(duration.Ticks) * 100;
        if (nanos < 1_000)
            return text.Append(CultureInfo.InvariantCulture, $"{nanos}ns").ToString();
        if (nanos < 1_000_000)
            return text.Append(CultureInfo.InvariantCulture, $"{nanos / 1_000m:0.###}").Append(GoText.Of("µs")).ToString();
        if (nanos < 1_000_000_000)
            return text.Append(CultureInfo.InvariantCulture, $"{nanos / 1_000_000m:0.######}ms").ToString();
        var whole = TimeSpan.FromTicks(Math.Abs(duration.Ticks));
        if (whole.TotalHours >= 1)
            text.Append(CultureInfo.InvariantCulture, $"{(long)whole.TotalHours}h");
        if (whole.TotalMinutes >= 1)
            text.Append(CultureInfo.InvariantCulture, $"{whole.Minutes}m");
        return text.Append(CultureInfo.InvariantCulture, $"{nanos / 1_000_000_000m % 60:0.#########}s").ToString();
    }

    /// <summary>humanize.Bytes: decimal units, one digit after the point below ten.</summary>
    public static string Size(ulong bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        if (bytes < 10)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        var exponent = Math.Min((int)Math.Floor(Math.Log(bytes) / Math.Log(1000)), units.Length - 1);
        var value = Math.Floor((bytes / Math.Pow(1000, exponent) * 10) + 0.5) / 10;
        return value < 10
            ? string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[exponent]}")
            // Go prints a half as its even neighbour.
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Round(value, MidpointRounding.ToEven):0} {units[exponent]}");
    }

    private static bool Fail(string text, string reason, out string error)
    {
        error = $"strconv.ParseInt: parsing {GoText.Quote(text)}: {reason}";
        return false;
    }

    private static int CountWhile(ReadOnlySpan<char> text, Func<char, bool> matches)
    {
        var count = 0;
        while (count < text.Length && matches(text[count]))
            count++;
        return count;
    }

    private static decimal? SecondsOf(string unit) => GoText.ToUnicode(unit) switch
    {
        "ns" => 0.000000001m,
        "us" or "µs" or "μs" => 0.000001m,
        "ms" => 0.001m,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => null,
    };
}

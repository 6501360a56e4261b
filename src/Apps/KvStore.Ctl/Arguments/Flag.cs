namespace KvStore.Ctl.Arguments;

internal enum FlagKind
{
    Boolean,
    Text,
    Integer,
    Unsigned,
    Duration,
    TextList,
}

/// <summary>A flag as pflag knows it.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Kind">How its value is read.</param>
/// <param name="Default">Its value where it is not given; for a list, comma-separated.</param>
/// <param name="Usage">One line of help.</param>
/// <param name="Short">A one-letter name.</param>
internal sealed record Flag(string Name, FlagKind Kind, string Default, string Usage, char? Short = null)
{
    public static Flag Boolean(string name, string usage, bool standard = false, char? letter = null) =>
        new(name, FlagKind.Boolean, standard ? "true" : "false", usage, letter);

    public static Flag Text(string name, string standard, string usage, char? letter = null) => new(name, FlagKind.Text, standard, usage, letter);

    public static Flag Integer(string name, string standard, string usage) => new(name, FlagKind.Integer, standard, usage);

    public static Flag Unsigned(string name, string standard, string usage) => new(name, FlagKind.Unsigned, standard, usage);

    public static Flag Duration(string name, string standard, string usage) => new(name, FlagKind.Duration, standard, usage);

    public static Flag TextList(string name, string standard, string usage) => new(name, FlagKind.TextList, standard, usage);

    /// <summary>Null when the value fits, else what Go says about it.</summary>
    public string? Refuse(string value)
    {
        var error = "";
        var fits = Kind switch
        {
            FlagKind.Boolean => ParsedFlags.TryBoolean(value, out error),
            FlagKind.Integer => GoNumbers.TryParseInt64(value, 10, out _, out error),
            FlagKind.Unsigned => GoNumbers.TryParseUnsigned(value, out error),
            FlagKind.Duration => GoNumbers.TryParseDuration(value, out _, out error),
            _ => true,
        };
        return fits ? null : error;
    }
}

using Google.Protobuf;
using KvStore.Client;
using KvStore.Ctl.Arguments;

namespace KvStore.Ctl.Commands;

/// <summary>The key and the range that `get`, `del` and `watch` take, with `--prefix` and `--from-key`.</summary>
internal readonly record struct KeyArguments(ByteString Key, ByteString RangeEnd)
{
    private static readonly ByteString Zero = ByteString.CopyFrom(0);

    public static KeyArguments Of(List<string> arguments, ParsedFlags flags)
    {
        var prefix = flags.Boolean("prefix");
        var fromKey = flags.Boolean("from-key");
        if (prefix && fromKey)
            throw new CtlException(ExitCode.BadArguments, "`--prefix` and `--from-key` cannot be set at the same time, choose one");
        if (arguments.Count > 1 && (prefix || fromKey))
            throw new CtlException(ExitCode.BadArguments, "too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
        return Of(GoText.ToBytes(arguments[0]), arguments.Count > 1 ? GoText.ToBytes(arguments[1]) : ByteString.Empty, prefix, fromKey);
    }

    /// <summary>An empty key with a prefix or from-key means all keys.</summary>
    public static KeyArguments Of(ByteString key, ByteString end, bool prefix, bool fromKey)
    {
        if ((prefix || fromKey) && key.IsEmpty)
            return new KeyArguments(Zero, KeyRanges.FromKey);
        if (prefix)
            return new KeyArguments(key, KeyRanges.PrefixEnd(key.Span));
        return new KeyArguments(key, fromKey ? KeyRanges.FromKey : end);
    }
}

namespace KvStore.Ctl.Commands;

/// <summary>Ids on the command line are hexadecimal.</summary>
internal static class Ids
{
    public static long Lease(string text) => GoNumbers.TryParseInt64(text, 16, out var id, out var error)
        ? id
        : throw new CtlException(ExitCode.BadArguments, $"bad lease ID arg ({error}), expecting ID in Hex");

    public static ulong Member(string text) => GoNumbers.TryParseHexUInt64(text, out var id, out var error)
        ? id
        : throw new CtlException(ExitCode.BadArguments, $"bad member ID arg ({error}), expecting ID in Hex");
}

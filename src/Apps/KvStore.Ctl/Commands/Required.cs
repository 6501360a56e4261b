using KvStore.Ctl.Arguments;

namespace KvStore.Ctl.Commands;

/// <summary>Flags that a command does nothing without, refused in the words of cobra.</summary>
internal static class Required
{
    public static void Check(Invocation call, params Flag[] flags)
    {
        var missing = flags.Where(flag => !call.Flags.IsGiven(flag.Name)).Select(flag => GoText.Quote(flag.Name)).ToList();
        if (missing.Count > 0)
            throw new CtlException(ExitCode.Error, $"required flag(s) {string.Join(", ", missing)} not set") { UsageOf = call.Line.Command };
    }
}

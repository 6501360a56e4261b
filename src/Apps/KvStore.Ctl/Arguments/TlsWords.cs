namespace KvStore.Ctl.Arguments;

/// <summary>What flags say about certificates towards one cluster; an empty word is none.</summary>
internal readonly record struct TlsWords(string CaFile, string Certificate, string Key, bool IsInsecure)
{
    public static TlsWords Of(ParsedFlags flags)
    {
        foreach (var name in new[] { "cert", "key", "cacert" })
        {
            if (flags.IsGiven(name) && flags.Text(name).Length == 0)
                throw new CtlException(ExitCode.BadArguments, $"empty string is passed to --{name} option");
        }

        return new TlsWords(flags.Text("cacert"), flags.Text("cert"), flags.Text("key"), flags.Boolean("insecure-transport"));
    }
}

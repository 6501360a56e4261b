using Google.Protobuf;
using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

/// <summary>A watch as the command line or an interactive line describes it: what to watch, and a program to run for each event.</summary>
internal sealed record WatchArguments(WatchCreateRequest Request, IReadOnlyList<string> Program)
{
    /// <summary>Positionals before `--` are the key and the range's end, those behind it the program.</summary>
    /// <param name="line">The words.</param>
    /// <param name="key">The key from the environment, for a line without one.</param>
    /// <param name="end">The range's end from the environment.</param>
    public static WatchArguments? Of(CommandLine line, string? key, string? end)
    {
        var ownCount = line.DashAt < 0 ? line.Positionals.Count : line.DashAt;
        var own = line.Positionals.Take(ownCount).ToList();
        if (own.Count == 0 && !string.IsNullOrEmpty(key))
            own = string.IsNullOrEmpty(end) ? [GoText.Of(key)] : [GoText.Of(key), GoText.Of(end)];
        if (own.Count is 0 or > 2)
            return null;
        var flags = line.Flags;
        if (flags.Boolean("prefix") && own.Count > 1)
            throw new CtlException(ExitCode.BadArguments, "`range_end` and `--prefix` are mutually exclusive");
        var keys = KeyArguments.Of(
            GoText.ToBytes(own[0]), own.Count > 1 ? GoText.ToBytes(own[1]) : ByteString.Empty, flags.Boolean("prefix"), fromKey: false);
        var request = new WatchCreateRequest
        {
            Key = keys.Key,
            RangeEnd = keys.RangeEnd,
            StartRevision = flags.Integer("rev"),
            PrevKv = flags.Boolean("prev-kv"),
            ProgressNotify = flags.Boolean("progress-notify"),
        };
        return new WatchArguments(request, line.Positionals.Skip(ownCount).ToList());
    }
}

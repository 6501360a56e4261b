using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

/// <summary>A watch as the command line or an interactive line describes it: what to watch, and a program to run for each event.</summary>
internal sealed record WatchArguments(WatchCreateRequest Request, IReadOnlyList<string> Program)
{
    /// <summary>What is wrong with it that an interactive line is only scolded for; null where it is right.</summary>
    public string? Conflict { get; private init; }

    /// <summary>Positionals before `--` are the key and the range's end, those behind it the program. Of three or more the first is the key, as in etcdctl.</summary>
    /// <param name="line">The words.</param>
    /// <param name="key">The key from the environment, for a line without one.</param>
    /// <param name="end">The range's end from the environment.</param>
    public static WatchArguments Of(CommandLine line, string? key, string? end)
    {
        var ownCount = line.DashAt < 0 ? line.Positionals.Count : line.DashAt;
        var own = line.Positionals.Take(ownCount).ToList();
        var program = line.Positionals.Skip(ownCount).ToList();
        if (line.DashAt >= 0 && program.Count == 0)
            throw new CtlException(ExitCode.BadArguments, "bad number of arguments (found separator --, but no commands)");
        if (!string.IsNullOrEmpty(key))
        {
            if (own.Count > 0)
                throw new CtlException(ExitCode.BadArguments, "bad number of arguments (found conflicting environment key)");
            own = string.IsNullOrEmpty(end) ? [GoText.Of(key)] : [GoText.Of(key), GoText.Of(end)];
        }

        if (own.Count == 0)
            throw new CtlException(ExitCode.BadArguments, "bad number of arguments");
        var flags = line.Flags;
        var rangeEnd = own.Count == 2 ? own[1] : "";
        var conflict = own.Count == 2 && flags.Boolean("prefix") ? "`range_end` and `--prefix` are mutually exclusive" : null;
        var keys = KeyArguments.Of(GoText.ToBytes(own[0]), GoText.ToBytes(rangeEnd), flags.Boolean("prefix"), fromKey: false);
        var request = new WatchCreateRequest
        {
            Key = keys.Key,
            RangeEnd = keys.RangeEnd,
            StartRevision = flags.Integer("rev"),
            PrevKv = flags.Boolean("prev-kv"),
            ProgressNotify = flags.Boolean("progress-notify"),
        };
        return new WatchArguments(request, program) { Conflict = conflict };
    }
}

using KvStore.Ctl.Arguments;
using KvStore.Ctl.Commands.Checks;
using KvStore.Ctl.Commands.Mirroring;
using KvStore.Ctl.Offline;

namespace KvStore.Ctl.Commands;

/// <summary>Everything kvctl can do, in the order of its help.</summary>
internal static class CommandTree
{
    /// <summary>What the program is by the name it was called by.</summary>
    public static Command Root { get; } = ProgramName.Current == ProgramName.OfflineTool ? Offline() : All(ProgramName.Current);

    private static Command All(string name) => new()
    {
        Name = name,
        Use = name,
        Summary = "A command line client for KvStore and etcd v3.",
        Flags = GlobalFlags.All,
        Children =
        [
            AlarmCommands.Group, AuthCommands.Group, Bench.BenchCommands.Group, CheckCommands.Group, CompactionCommand.Definition, CompletionCommands.Group, DefragCommand.Definition, DelCommand.Definition, DowngradeCommands.Group,
            ElectCommand.Definition, EndpointCommands.Group, GetCommand.Definition, HashKvCommand.Definition, HelpCommand.Definition, LeaseCommands.Group, LockCommand.Definition, MakeMirrorCommand.Definition, MemberCommands.Group, MigrateCommand.Definition, MoveLeaderCommand.Definition, OptionsCommand.Definition,
            PutCommand.Definition, RoleCommands.Group, SnapshotCommands.Group, TxnCommand.Definition, UserCommands.Group,
            VersionCommand.Definition, WatchCommand.Definition,
        ],
    };

    /// <summary>etcdutl: what needs no server. As kvctl it is asked for by the same words.</summary>
    private static Command Offline() => new()
    {
        Name = ProgramName.OfflineTool,
        Use = ProgramName.OfflineTool,
        Summary = "An administrative command line tool for KvStore and etcd v3.",
        Flags = [DataDirectory.Timeout, .. GlobalFlags.All.Where(flag => flag.Name == "write-out")],
        Children =
        [
            WithoutTimeout(OfflineDefragCommand.Definition), WithoutTimeout(HashKvCommand.Definition), HelpCommand.Definition, WithoutTimeout(MigrateCommand.Definition),
            SnapshotCommands.Group with { Children = [.. SnapshotCommands.Group.Children.Where(child => child.Name != "save")] },
            VersionCommand.Definition,
        ],
    };

    /// <summary>Of etcdutl the flag is a global one.</summary>
    private static Command WithoutTimeout(Command command) => command with { Flags = [.. command.Flags.Where(flag => flag != DataDirectory.Timeout)] };
}

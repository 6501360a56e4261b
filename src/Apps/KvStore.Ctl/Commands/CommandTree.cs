using KvStore.Ctl.Arguments;
using KvStore.Ctl.Commands.Checks;
using KvStore.Ctl.Commands.Mirroring;

namespace KvStore.Ctl.Commands;

/// <summary>Everything kvctl can do, in the order of its help.</summary>
internal static class CommandTree
{
    public static Command Root { get; } = new()
    {
        Name = "kvctl",
        Use = "kvctl",
        Summary = "A command line client for KvStore and etcd v3.",
        Flags = GlobalFlags.All,
        Children =
        [
            AlarmCommands.Group, AuthCommands.Group, Bench.BenchCommands.Group, CheckCommands.Group, CompactionCommand.Definition, CompletionCommands.Group, DefragCommand.Definition, DelCommand.Definition, DowngradeCommands.Group,
            ElectCommand.Definition, EndpointCommands.Group, GetCommand.Definition, HashKvCommand.Definition, LeaseCommands.Group, LockCommand.Definition, MakeMirrorCommand.Definition, MemberCommands.Group, MoveLeaderCommand.Definition, OptionsCommand.Definition,
            PutCommand.Definition, RoleCommands.Group, SnapshotCommands.Group, TxnCommand.Definition, UserCommands.Group,
            VersionCommand.Definition, WatchCommand.Definition,
        ],
    };
}

using KvStore.Ctl.Arguments;

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
            AlarmCommands.Group, AuthCommands.Group, Bench.BenchCommands.Group, CompactionCommand.Definition, DefragCommand.Definition, DelCommand.Definition, DowngradeCommands.Group,
            ElectCommand.Definition, EndpointCommands.Group, GetCommand.Definition, HashKvCommand.Definition, LeaseCommands.Group, LockCommand.Definition, MemberCommands.Group, MoveLeaderCommand.Definition,
            PutCommand.Definition, RoleCommands.Group, SnapshotCommands.Group, TxnCommand.Definition, UserCommands.Group,
            VersionCommand.Definition, WatchCommand.Definition,
        ],
    };
}

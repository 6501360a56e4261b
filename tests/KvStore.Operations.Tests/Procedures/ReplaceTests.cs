using KvStore.Operations.Tests.Machines;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>A member whose machine, or whose log, is lost.</summary>
public sealed class ReplaceTests
{
    [Fact]
    public async Task DeadMachine_ThenLostLog_AreReplacedAsWritten()
    {
        using var room = new MachineRoom();
        await room.RunAsync("first-start");
        await room.ShellAsync("kvctl put greeting hello");
        await room.LoseMachineAsync(3);
        (room["OLD"], room["NEW"]) = ("3", "4");
        await room.RunAsync("replace-member");
        room["MEMBERS"] = "1 2 4";
        Assert.Equal("member1 member2 member4", (await room.ShellAsync("kvctl member list | cut -d' ' -f3 | tr -d ',' | sort | tr '\\n' ' '")).Trim());
        Assert.Equal("greeting\nhello\n", await room.ShellAsync("kvctl --endpoints https://10.0.0.4:2379 get greeting"));

        await room.ShellAsync("on 2 'systemctl stop kvstore; find /var/lib/kvstore/data -name \"*.wal\" -delete'");
        var refused = await room.AttemptAsync("on 2 'systemctl start kvstore'");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the log is gone", refused.Errors, StringComparison.Ordinal);
        (room["LOST"], room["NEW"]) = ("2", "2");
        await room.RunAsync("remove-lost");
        await room.RunAsync("clear-machine");
        room["MEMBERS"] = "1 4";
        await room.RunAsync("add-members");
        room["MEMBERS"] = "1 2 4";
        await room.RunAsync("health");
        Assert.Equal("greeting\nhello\n", await room.ShellAsync("kvctl --endpoints https://10.0.0.2:2379 get greeting"));
    }
}

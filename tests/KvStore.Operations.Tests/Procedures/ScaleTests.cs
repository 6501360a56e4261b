using KvStore.Operations.Tests.Machines;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>Members that come and go.</summary>
public sealed class ScaleTests
{
    [Fact]
    public async Task OneToThreeToFiveAndBack_AsWritten()
    {
        using var room = new MachineRoom("1");
        await room.RunAsync("first-start");
        await room.ShellAsync("kvctl put greeting hello");
        room["NEW"] = "2 3";
        await room.RunAsync("add-members");
        room["MEMBERS"] = "1 2 3";
        room["NEW"] = "4 5";
        await room.RunAsync("add-members");
        room["MEMBERS"] = "1 2 3 4 5";
        Assert.Equal(5, await VotersAsync(room));
        // Five survive two.
        await room.ShellAsync("on 4 'systemctl stop kvstore'; on 5 'systemctl stop kvstore'; kvctl --endpoints https://10.0.0.1:2379 put greeting five");
        await room.ShellAsync("on 4 'systemctl start kvstore'; on 5 'systemctl start kvstore'");

        room["GONE"] = "4 5";
        await room.RunAsync("remove-members");
        room["MEMBERS"] = "1 2 3";
        Assert.Equal(3, await VotersAsync(room));
        room["GONE"] = "3 2";
        await room.RunAsync("remove-members");
        room["MEMBERS"] = "1";
        Assert.Equal(1, await VotersAsync(room));
        Assert.Equal("greeting\nfive\n", await room.ShellAsync("kvctl get greeting"));
    }

    private static async Task<int> VotersAsync(MachineRoom room) =>
        (await room.ShellAsync("kvctl member list")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Count(line => line.Contains(", started, ", StringComparison.Ordinal) && line.EndsWith(", false", StringComparison.Ordinal));
}

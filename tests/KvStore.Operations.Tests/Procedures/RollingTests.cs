using KvStore.Operations.Tests.Machines;

namespace KvStore.Operations.Tests.Procedures;

/// <summary>Certificates and programs replaced while clients write.</summary>
public sealed class RollingTests
{
    [Fact]
    public async Task CertificatesAndAuthority_RotatedUnderLoad_AsWritten()
    {
        using var room = new MachineRoom();
        await room.RunAsync("first-start");
        await using var load = RetryingLoad.Start(room);
        var before = await SerialAsync(room);
        await room.RunAsync("rotate-certificates");
        var renewed = await SerialAsync(room);
        Assert.NotEqual(before, renewed);

        // The second time as the first: the authority of the first is replaced by another.
        for (var time = 0; time < 2; time++)
        {
            await room.ShellAsync("rm -rf kept; cp -a certs kept");
            await room.RunAsync("rotate-authority-1");
            await room.RunAsync("rotate-authority-2");
            await room.RunAsync("rotate-authority-3");
            Assert.NotEqual(renewed, renewed = await SerialAsync(room));
            Assert.NotEqual(0, (await room.AttemptAsync("cmp kept/ca.crt certs/ca.crt")).ExitCode);
            Assert.NotEqual(0, (await room.AttemptAsync("kvctl --cert kept/client.crt --key kept/client.key --command-timeout 2s get k")).ExitCode);
        }

        // Between members, too: who starts anew is let in with what is on its disk.
        await room.ShellAsync("on 2 'systemctl restart kvstore'; until_ready 2; kvctl endpoint health");
        await load.StopAsync(room);
    }

    [Fact]
    public async Task UpgradeAndBack_UnderLoad_NoRetriedRequestFails()
    {
        using var room = new MachineRoom();
        await room.RunAsync("first-start");
        await using var load = RetryingLoad.Start(room);
        room["RELEASE"] = "kvstore-2";
        await room.RunAsync("upgrade");
        Assert.All(Enumerable.Range(1, 3), member => Assert.EndsWith("/opt/kvstore-2", Running(room, member), StringComparison.Ordinal));
        room["RELEASE"] = "kvstore-1";
        await room.RunAsync("upgrade");
        Assert.All(Enumerable.Range(1, 3), member => Assert.EndsWith("/opt/kvstore-1", Running(room, member), StringComparison.Ordinal));
        Assert.Equal("Downgrade validate success, cluster version 3.7\nDowngrade enable success, cluster version 3.7\n", await room.RunAsync("downgrade"));
        await room.ShellAsync("kvctl downgrade cancel");
        await load.StopAsync(room);
    }

    private static async Task<string> SerialAsync(MachineRoom room) => await room.ShellAsync(
        "for n in $MEMBERS; do openssl s_client -connect 10.0.0.$n:2379 -alpn h2 -cert certs/client.crt -key certs/client.key </dev/null 2>s_client.txt | openssl x509 -noout -serial -issuer; done");

    // Where the program of the running process lies.
    private static string Running(MachineRoom room, int member)
    {
        var id = File.ReadAllText(Path.Combine(room.Machine(member), "pid")).Trim();
        return Path.GetDirectoryName(File.ResolveLinkTarget($"/proc/{id}/exe", returnFinalTarget: true)!.FullName)!;
    }
}

using System.Globalization;
using KvStore.Testing.Processes;
using KvStore.Testing.Wires;
using Xunit.Abstractions;

namespace KvStore.Server.Tests.Floods;

/// <summary>A process without descriptors cannot write its log: connections meet their limit first, and the log says so.</summary>
public sealed class DescriptorTests(ITestOutputHelper output)
{
    /// <summary>The hard limit of the member. The soft one is set lower, and the member raises it.</summary>
    private const int Limit = 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task MoreConnectionsThanDescriptors_AreClosedAndSaid_AndTheOthersServed()
    {
        using var folder = new TestFolder();
        using var member = Limited(folder, soft: 256, hard: Limit);
        member.Start();
        await member.UntilReadyAsync();
        var wires = new List<Http2Wire>();
        try
        {
            using var first = await Http2Wire.ConnectAsync(member.ClientPort);
            await CallAsync(first, 1);
            var refused = 0;
            for (var i = 0; i < Limit; i++)
            {
                var wire = await Http2Wire.TryConnectAsync(member.ClientPort);
                refused += await IsServedAsync(wire) ? 0 : 1;
                if (wire is not null)
                    wires.Add(wire);
            }

            output.WriteLine($"{Limit - refused} of {Limit} connections were let in; {ProcessFigures.Of(member.Process.Id).Descriptors} descriptors in use");
            Assert.InRange(Limit - refused, 64, Limit - 400);
            await CallAsync(first, 3);
        }
        finally
        {
            foreach (var wire in wires)
                wire.Dispose();
        }

        var line = Assert.Single(member.Process.Errors.Split('\n'), line => line.Contains("too many connections; new ones are closed", StringComparison.Ordinal));
        Assert.Contains("\"open-files-limit\":1024", line, StringComparison.Ordinal);

        // Those who left made room.
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            using var late = await Http2Wire.TryConnectAsync(member.ClientPort);
            if (await IsServedAsync(late))
                break;
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task LimitTooLow_RefusesToStart()
    {
        using var folder = new TestFolder();
        using var member = Limited(folder, soft: 256, hard: 512);
        member.Start();
        await member.Process.WaitForExitAsync(Patience);
        Assert.Equal(1, member.Process.ExitCode);
        Assert.Contains("the limit of open files (ulimit -n, LimitNOFILE) is 512", member.Process.Errors, StringComparison.Ordinal);
    }

    private static ServerProcess Limited(TestFolder folder, int soft, int hard)
    {
        var member = ServerProcess.OneMember("/bin/sh", folder.Combine("data"));
        return member.Behind("-c", string.Create(CultureInfo.InvariantCulture, $"ulimit -Sn {soft}; ulimit -Hn {hard}; exec \"$0\" \"$@\""), Checkout.Server);
    }

    private static async Task<bool> IsServedAsync(Http2Wire? wire) =>
        wire is not null && await wire.SendAsync([.. Http2Wire.Hello, .. Http2Wire.Call(1, FloodedMember.Range, FloodedMember.RangeOfKey)]) && await wire.ReadAsync() is not null;

    private static async Task CallAsync(Http2Wire wire, int stream)
    {
        if (stream == 1)
            await wire.SendAsync(Http2Wire.Hello);
        await wire.SendAsync(Http2Wire.Call(stream, FloodedMember.Range, FloodedMember.RangeOfKey));
        await wire.UntilAnsweredAsync(stream);
    }
}

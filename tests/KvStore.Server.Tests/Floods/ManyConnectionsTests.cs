using System.Diagnostics;
using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;
using KvStore.Testing.Wires;
using Xunit.Abstractions;

namespace KvStore.Server.Tests.Floods;

/// <summary>
/// Ten thousand clients at once, as a large fleet has them: each calls once and stays, a thousand of them watch. Goal: everybody is
/// answered, a connection costs little, and what it cost is given back.
/// </summary>
public sealed class ManyConnectionsTests(ITestOutputHelper output)
{
    private const int Watchers = 1000;
    private const int AtOnce = 100;

    /// <summary>Descriptors that this process and the member need beside connections (DescriptorBudget).</summary>
    private const int Besides = 2500;

    /// <summary>
    /// What a connection with its HTTP/2 state may cost: measured 30 to 40 KiB resident, of which windows and buffers are on demand.
    /// Twice that, since when the collector runs is its own business.
    /// </summary>
    private const long BytesPerConnection = 80 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task TenThousand_EachIsAnswered_WatchersHear_AndMemoryComesBack()
    {
        using var member = await FloodedMember.StartAsync(output);
        var before = member.Figures;
        var wires = new Http2Wire[Math.Min(10_000, ProcessFigures.DescriptorLimit - Besides)];
        var slowest = await OpenAsync(member, wires);
        await WatchAsync(wires);
        var open = member.Figures;
        output.WriteLine($"{wires.Length} connections: {before.ResidentBytes >> 20} MiB before, {open.ResidentBytes >> 20} MiB open, "
            + $"{(open.ResidentBytes - before.ResidentBytes) / wires.Length} bytes each; {(open.Processor - before.Processor).TotalSeconds:0.0} s of processor; slowest first answer {slowest.TotalMilliseconds:0} ms");
        Assert.True(open.Descriptors >= wires.Length, $"{open.Descriptors} descriptors");
        Assert.InRange(open.ResidentBytes - before.ResidentBytes, 0, wires.Length * BytesPerConnection);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(5));

        // One put reaches a thousand watchers.
        var put = Stopwatch.StartNew();
        await wires[^1].SendAsync(Http2Wire.Call(3, FloodedMember.Put, new PutRequest { Key = FloodedMember.Bytes("key"), Value = FloodedMember.Bytes("new") }.ToByteArray()));
        await wires[^1].UntilAnsweredAsync(3);
        await Task.WhenAll(wires.Take(Watchers).Select(wire => wire.UntilAsync(Http2Frame.Data)));
        output.WriteLine($"a put and its {Watchers} events: {put.ElapsedMilliseconds} ms");
        Assert.InRange(put.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));

        foreach (var wire in wires)
            wire.Dispose();
        await UntilGivenBackAsync(member, before, open, wires.Length);
    }

    private static async Task<TimeSpan> OpenAsync(FloodedMember member, Http2Wire[] wires)
    {
        var slowest = TimeSpan.Zero;
        for (var from = 0; from < wires.Length; from += AtOnce)
        {
            var times = await Task.WhenAll(Enumerable.Range(from, Math.Min(AtOnce, wires.Length - from)).Select(async i =>
            {
                var call = Stopwatch.StartNew();
                wires[i] = await Http2Wire.ConnectAsync(member.Server.ClientPort);
                await wires[i].SendAsync([.. Http2Wire.Hello, .. Http2Wire.Call(1, FloodedMember.Range, FloodedMember.RangeOfKey)]);
                await wires[i].UntilAnsweredAsync(1);
                return call.Elapsed;
            }));
            slowest = times.Append(slowest).Max();
        }

        return slowest;
    }

    private static async Task WatchAsync(Http2Wire[] wires)
    {
        var request = new WatchRequest { CreateRequest = new WatchCreateRequest { Key = FloodedMember.Bytes("key") } }.ToByteArray();
        await Task.WhenAll(wires.Take(Watchers).Select(async wire =>
        {
            await wire.SendAsync(Http2Wire.Call(3, FloodedMember.Watch, request, isLast: false));
            var created = await wire.UntilAsync(Http2Frame.Data);
            Assert.True(WatchResponse.Parser.ParseFrom(created.Payload.AsSpan(5)).Created);
        }));
    }

    /// <summary>Nobody calls meanwhile: what a member under load holds is not what connections cost.</summary>
    private async Task UntilGivenBackAsync(FloodedMember member, ProcessFigures before, ProcessFigures open, int connections)
    {
        var waited = Stopwatch.StartNew();
        var goal = before.ResidentBytes + (open.ResidentBytes - before.ResidentBytes) / 4;
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await poll.WaitForNextTickAsync())
        {
            var now = member.Figures;
            if (now.Descriptors < open.Descriptors - connections + 100 && now.ResidentBytes <= goal)
            {
                output.WriteLine($"{now.ResidentBytes >> 20} MiB {waited.Elapsed.TotalSeconds:0.0} s after the last was closed");
                return;
            }

            Assert.True(waited.Elapsed < Patience, $"still {now.ResidentBytes >> 20} MiB and {now.Descriptors} descriptors; {before.ResidentBytes >> 20} MiB before, {open.ResidentBytes >> 20} MiB open; it said: {Said(member)}");
        }
    }
    private static string Said(FloodedMember member) =>
        string.Join('\n', member.Server.Process.Errors.Split('\n').Where(line => line.Contains("gave back", StringComparison.Ordinal)));
}

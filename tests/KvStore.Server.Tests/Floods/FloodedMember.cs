using System.Diagnostics;
using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;
using KvStore.Testing.Wires;
using Xunit.Abstractions;

namespace KvStore.Server.Tests.Floods;

/// <summary>A member in a process of its own, warm, with its figures: what floods are measured against.</summary>
internal sealed class FloodedMember : IDisposable
{
    public const string Range = "/etcdserverpb.KV/Range";
    public const string Put = "/etcdserverpb.KV/Put";
    public const string Watch = "/etcdserverpb.Watch/Watch";

    private readonly TestFolder _folder = new();
    private readonly ITestOutputHelper _output;

    private FloodedMember(ITestOutputHelper output, string[] flags)
    {
        _output = output;
        Server = ServerProcess.OneMember(Checkout.Server, _folder.Combine("data"), flags);
    }

    public ServerProcess Server { get; }

    public ProcessFigures Figures => ProcessFigures.Of(Server.Process.Id);

    public static async Task<FloodedMember> StartAsync(ITestOutputHelper output, params string[] flags)
    {
        var member = new FloodedMember(output, flags);
        member.Server.Start();
        await member.Server.UntilReadyAsync();
        // Compiled code, pools and the first collections are no part of a flood.
        using var wire = await Http2Wire.ConnectAsync(member.Server.ClientPort);
        await wire.SendAsync(Http2Wire.Hello);
        for (var stream = 1; stream < 4000; stream += 2)
        {
            await wire.SendAsync(Http2Wire.Call(stream, Put, new PutRequest { Key = Bytes("key"), Value = Bytes("value") }.ToByteArray()));
            await wire.UntilAnsweredAsync(stream);
        }

        return member;
    }

    public static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    public static byte[] RangeOfKey { get; } = new RangeRequest { Key = Bytes("key") }.ToByteArray();

    /// <summary>
    /// Runs a flood; beside it an honest client calls again and again, on a thread that no flood can starve, and some times more while
    /// what the flood left is held. What both took.
    /// </summary>
    public async Task<Toll> MeasureAsync(string name, Func<Task<long>> flood)
    {
        using var honest = new HonestClient(Server.ClientPort, () => Figures.ResidentBytes);
        var before = Figures;
        var started = Stopwatch.StartNew();
        honest.Start();
        var frames = await flood();
        await honest.UntilCallsAsync(honest.Calls + 20);
        honest.Stop();
        var after = Figures;
        var peak = Math.Max(honest.PeakBytes, after.ResidentBytes);
        var toll = new Toll(frames, peak - before.ResidentBytes, after.Processor - before.Processor, started.Elapsed, honest.SlowestCall, honest.Calls);
        _output.WriteLine($"{name}: {toll}; {before.ResidentBytes >> 20} MiB before");
        return toll;
    }

    public void Dispose()
    {
        Server.Dispose();
        _folder.Dispose();
    }
}

using KvStore.Ctl.Arguments;
using KvStore.Ctl.Commands;
using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Time;

namespace KvStore.Ctl.Tests.Mirroring;

public sealed class MirrorReportTests(OneMember member) : IClassFixture<OneMember>
{
    /// <summary>Method: a clock that runs a hundred times as fast; the mirror is a second prefix of the same member.</summary>
    [Fact]
    public async Task Total_IsPrintedEveryThirtySeconds()
    {
        Assert.Equal(0, await new CtlRun().RunAsync("--endpoints", member.Endpoint, "put", "from/a", "1"));
        using var printed = new Printed();
        using var stopping = new CancellationTokenSource();
        var outside = new CtlRun { Time = new HurriedTime() }.Outside with { Output = printed };
        using var call = new Invocation
        {
            Line = CommandLine.Parse(CommandTree.Root, ["--endpoints", member.Endpoint, "make-mirror", member.Endpoint, "--prefix", "from/", "--dest-prefix", "to/"]),
            Outside = outside,
            Stopping = stopping.Token,
        };
        var mirroring = call.Line.Command.Run!(call);
        while (await printed.NextAsync() != "1\n")
        {
        }

        Assert.Equal(0, await new CtlRun().RunAsync("--endpoints", member.Endpoint, "put", "from/b", "2"));
        while (await printed.NextAsync() != "2\n")
        {
        }

        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => mirroring);
    }

    /// <summary>Each text written, as it comes.</summary>
    private sealed class Printed : StringWriter
    {
        private readonly System.Threading.Channels.Channel<string> _texts = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public async Task<string> NextAsync() => await _texts.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        public override Task WriteAsync(string? value)
        {
            _texts.Writer.TryWrite(value ?? "");
            return Task.CompletedTask;
        }
    }
}

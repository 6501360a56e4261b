using KvStore.Ctl.Output;

namespace KvStore.Ctl.Tests.Output;

public sealed class ProgressLineTests
{
    [Fact]
    public async Task WithoutATerminal_NothingIsWritten()
    {
        using var errors = new StringWriter();
        var work = new TaskCompletionSource<int>();
        var shown = new ProgressLine(errors, hasTerminal: false, TimeProvider.System).WhileAsync(work.Task, () => "asked");
        work.SetResult(7);
        Assert.Equal((7, ""), (await shown, errors.ToString()));
    }

    [Fact]
    public async Task ShortWork_NeedsNoWord()
    {
        using var errors = new StringWriter();
        Assert.Equal((7, ""), (await new ProgressLine(errors, hasTerminal: true, TimeProvider.System).WhileAsync(Task.FromResult(7), () => "asked"), errors.ToString()));
    }

    /// <summary>Method: the work ends when it has been asked for the third time how far it is.</summary>
    [Fact]
    public async Task LongWork_IsShownAsItGoes_AndTheLineWipedAtItsEnd()
    {
        using var errors = new StringWriter();
        var work = new TaskCompletionSource();
        var asked = 0;
        string Text()
        {
            if (++asked == 3)
                work.SetResult();
            return $"step {asked}";
        }

        await new ProgressLine(errors, hasTerminal: true, TimeProvider.System).WhileAsync(work.Task, Text);
        Assert.Equal("\r\u001b[Kstep 1\r\u001b[Kstep 2\r\u001b[Kstep 3\r\u001b[K", errors.ToString());
    }

    [Fact]
    public async Task WorkThatFails_FailsAsItself()
    {
        using var errors = new StringWriter();
        var failed = Task.FromException(new InvalidDataException("broken"));
        await Assert.ThrowsAsync<InvalidDataException>(() => new ProgressLine(errors, hasTerminal: true, TimeProvider.System).WhileAsync(failed, () => ""));
    }

    [Theory]
    [InlineData(0, 60, "0 / 60 [>                             ] 0 %")]
    [InlineData(30, 60, "30 / 60 [===============>              ] 50 %")]
    [InlineData(60, 60, "60 / 60 [==============================] 100 %")]
    [InlineData(61, 60, "61 / 60 [==============================] 100 %")]
    public void Bar_FillsUp(long done, long total, string expected) => Assert.Equal(expected, ProgressLine.Bar(done, total));
}

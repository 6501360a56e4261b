using System.Globalization;

namespace KvStore.Ctl.Output;

/// <summary>
/// One line on the terminal that says how far a long work is. Nothing is written where standard error is no terminal, nor for work that
/// is done within a second. When the work ends the line is wiped away: what the command prints stands alone.
/// </summary>
internal sealed class ProgressLine(TextWriter errors, bool hasTerminal, TimeProvider time)
{
    /// <summary>Work shorter than this needs no word.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    /// <summary>Often enough to be seen moving, seldom enough to cost nothing.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private const int BarColumns = 30;
    private const string Wiped = "\r\u001b[K"; // to the line's begin, and nothing from there on

    /// <summary>Waits for the work and shows the text as it changes.</summary>
    public async Task WhileAsync(Task work, Func<string> text)
    {
        if (hasTerminal && !await EndsWithinAsync(work, Silence).ConfigureAwait(false))
        {
            do
                await WriteAsync($"{Wiped}{text()}").ConfigureAwait(false);
            while (!await EndsWithinAsync(work, Interval).ConfigureAwait(false));
            await WriteAsync(Wiped).ConfigureAwait(false);
        }

        await work.ConfigureAwait(false);
    }

    /// <summary>Waits for the work's result and shows the text as it changes.</summary>
    public async Task<T> WhileAsync<T>(Task<T> work, Func<string> text)
    {
        await WhileAsync((Task)work, text).ConfigureAwait(false);
        return await work.ConfigureAwait(false);
    }

    /// <summary>"  12 / 60 [======>                       ] 20 %".</summary>
    public static string Bar(long done, long total)
    {
        var share = total <= 0 ? 1 : Math.Clamp((double)done / total, 0, 1);
        var filled = (int)(share * BarColumns);
        var bar = new string('=', filled) + (filled < BarColumns ? ">" : "");
        return string.Create(CultureInfo.InvariantCulture, $"{done} / {total} [{bar.PadRight(BarColumns)}] {share * 100:0} %");
    }

    private async Task<bool> EndsWithinAsync(Task work, TimeSpan limit) =>
        await Task.WhenAny(work, Task.Delay(limit, time)).ConfigureAwait(false) == work;

    private async Task WriteAsync(string line)
    {
        await errors.WriteAsync(line).ConfigureAwait(false);
        await errors.FlushAsync().ConfigureAwait(false);
    }
}

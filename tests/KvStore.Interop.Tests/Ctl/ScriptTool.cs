using System.Diagnostics;
using KvStore.Ctl;
using KvStore.Ctl.Arguments;
using Main = KvStore.Ctl.Program;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>The tool that a script is run with.</summary>
/// <param name="program">Its file; another tool than kvctl is always started.</param>
/// <param name="starts">Which lines start it.</param>
internal sealed class ScriptTool(string program, ToolStart starts)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <param name="line">What the words were made of.</param>
    /// <param name="words">The command line.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="isFirst">Whether it is the line's first format.</param>
    public async Task<ToolProcess> RunAsync(ScriptLine line, string[] words, string input, string folder, bool isFirst)
    {
        if (starts == ToolStart.Always || (starts == ToolStart.FirstFormat && isFirst) || MustStart(line))
            return await StartAsync(line, words, input, folder).ConfigureAwait(false);
        return await CallAsync(words, input).ConfigureAwait(false);
    }

    private static bool MustStart(ScriptLine line) =>
        line.Lines > 0 || line.Variables.Count > 0 || line.SaysTls || (line.Input.Length > 0 && line.Words[0] != "txn")
        || line.Words.Any(word => word is "--" or "lock" or "elect" or "watch" or "snapshot" or "version");

    private async Task<ToolProcess> StartAsync(ScriptLine line, string[] words, string input, string folder)
    {
        var start = new ProcessStartInfo(program, words) { WorkingDirectory = folder };
        // What protects memory that is being compiled into takes a tenth of a short program's time.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        foreach (var (name, value) in line.Variables)
            start.Environment[name] = value;
        return await ToolProcess.RunAsync(start, input, line.Lines).ConfigureAwait(false);
    }

    private static async Task<ToolProcess> CallAsync(string[] words, string input)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        using var reader = new StringReader(GoText.Of(input));
        var outside = new Outside
        {
            Input = reader, Output = output, Errors = errors, HasTerminal = false, Variables = new Dictionary<string, string>(), AskPassword = _ => "",
        };
        using var limit = new CancellationTokenSource(Limit);
        var code = await Main.RunAsync([.. words.Select(GoText.Of)], outside, limit.Token).ConfigureAwait(false);
        return new ToolProcess((int)code, Renamed(output), Renamed(errors));
    }

    /// <summary>It goes by its own name here, and by the other one where it is started.</summary>
    private static string Renamed(StringWriter text) => text.ToString().Replace(ProgramName.Own, ProgramName.OnlineTool, StringComparison.Ordinal);
}

using System.ComponentModel;
using System.Diagnostics;

namespace KvStore.Ctl.Commands;

/// <summary>The program that `watch` and `lock` run, with more variables than they have themselves.</summary>
internal static class ProgramStart
{
    /// <param name="words">The program and its arguments.</param>
    /// <param name="variables">Names and values, in ordinary text.</param>
    public static ProcessStartInfo Of(IReadOnlyList<string> words, params IEnumerable<(string Name, string Value)> variables)
    {
        var start = new ProcessStartInfo(GoText.ToUnicode(words[0])) { UseShellExecute = false };
        foreach (var argument in words.Skip(1))
            start.ArgumentList.Add(GoText.ToUnicode(argument));
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Why it did not start, in Go's words.</summary>
    public static string Refusal(string program, Win32Exception refused)
    {
        const int PermissionDenied = 13;
        var isPath = program.Contains('/', StringComparison.Ordinal);
        if (refused.NativeErrorCode == PermissionDenied)
            return isPath ? $"fork/exec {program}: permission denied" : $"exec: {GoText.Quote(program)}: permission denied";
        return isPath ? $"fork/exec {program}: no such file or directory" : $"exec: {GoText.Quote(program)}: executable file not found in $PATH";
    }
}

using KvStore.Testing;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>Which commands and flags a command line tried.</summary>
internal static class TriedCommands
{
    /// <summary>Levels of the commands: "member add" has two.</summary>
    private const int LevelsMax = 2;

    /// <summary>"get", "get --prefix", "member add --learner": the command, and the command with each of its flags.</summary>
    public static void AddTo(Witness witness, string[] words)
    {
        var flags = words.TakeWhile(word => word != "--").Where(word => word.StartsWith("--", StringComparison.Ordinal)).Select(word => word.Split('=')[0]).ToArray();
        for (var levels = 1; levels <= LevelsMax && levels <= words.Length && words.Take(levels).All(IsName); levels++)
        {
            var command = string.Join(' ', words.Take(levels));
            witness.Saw("command " + command);
            foreach (var flag in flags)
                witness.Saw($"command {command} {flag}");
        }
    }

    private static bool IsName(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterLower(c) || c == '-') && word[0] != '-';
}

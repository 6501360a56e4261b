namespace KvStore.Ctl;

/// <summary>Why a file could not be used, in the words of Go's os package.</summary>
internal static class OsErrorText
{
    /// <param name="act">What was tried: `open`, `stat`, `rename`.</param>
    /// <param name="path">In GoText form.</param>
    /// <param name="failed">What .NET said.</param>
    public static string Of(string act, string path, Exception failed)
    {
        var reason = failed switch
        {
            FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
            UnauthorizedAccessException when Directory.Exists(GoText.ToUnicode(path)) => "is a directory",
            UnauthorizedAccessException => "permission denied",
            _ => GoText.Of(failed.Message),
        };
        return $"{act} {path}: {reason}";
    }
}

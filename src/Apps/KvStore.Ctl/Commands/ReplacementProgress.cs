namespace KvStore.Ctl.Commands;

/// <summary>One line on a terminal that says what a replacement waits for; nothing where the errors go elsewhere.</summary>
internal sealed class ReplacementProgress(TextWriter errors) : IDisposable
{
    private string _shown = "";

    public void Show(ReplacementStand stand)
    {
        var text = Text(stand);
        if (Console.IsErrorRedirected || text == _shown)
            return;
        errors.Write("\r" + text.PadRight(_shown.Length));
        errors.Flush();
        _shown = text;
    }

    /// <summary>The next output begins on a line of its own.</summary>
    public void End()
    {
        if (_shown.Length > 0)
            errors.Write("\n");
        errors.Flush();
        _shown = "";
    }

    public void Dispose() => End();

    private static string Text(ReplacementStand stand) => stand.Joining switch
    {
        null => "adding the new member",
        { Changing: true } or { Member.IsLearner: false } => "both vote: leaving the joint membership",
        { Member.Name.Length: 0 } => "waiting for the new member to start",
        { Active: false } => "waiting for the new member to answer",
        var joining => $"catching up: {joining.MatchIndex} of {stand.LastIndex} entries",
    };
}

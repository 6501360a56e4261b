namespace KvStore.Testing.Scripts;

/// <summary>The script itself is wrong, or its transcript is not what came out.</summary>
public sealed class ScriptException : Exception
{
    public ScriptException()
    {
    }

    public ScriptException(string message)
        : base(message)
    {
    }

    public ScriptException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

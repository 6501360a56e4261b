namespace KvStore.Grpc.Server;

/// <summary>Between the two directions of a connection: the reader asks for its end, the writer writes it. Any thread.</summary>
internal sealed class FrameExit
{
    private volatile bool _isAskedFor;

    public bool IsAskedFor => _isAskedFor;

    public int LastStream { get; private set; }

    public void AskFor(int lastStream)
    {
        LastStream = lastStream;
        _isAskedFor = true;
    }
}

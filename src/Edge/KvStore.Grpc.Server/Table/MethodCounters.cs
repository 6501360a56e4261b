namespace KvStore.Grpc.Server;

/// <summary>What one method has seen since the start. Written by any thread, read by whoever exports metrics.</summary>
public sealed class MethodCounters(RpcMethod method)
{
    public const int CodeCount = (int)StatusCode.Unauthenticated + 1;

    private readonly long[] _handled = new long[CodeCount];
    private long _started;
    private long _messagesReceived;
    private long _messagesSent;

    public RpcMethod Method { get; } = method;

    public long Started => Interlocked.Read(ref _started);

    public long MessagesReceived => Interlocked.Read(ref _messagesReceived);

    public long MessagesSent => Interlocked.Read(ref _messagesSent);

    public long Handled(StatusCode code) => Interlocked.Read(ref _handled[(int)code]);

    internal void OnStarted() => Interlocked.Increment(ref _started);

    internal void OnHandled(StatusCode code)
    {
        var index = (int)code;
        Interlocked.Increment(ref _handled[(uint)index < CodeCount ? index : (int)StatusCode.Unknown]);
    }

    internal void OnReceived() => Interlocked.Increment(ref _messagesReceived);

    internal void OnSent(long messages) => Interlocked.Add(ref _messagesSent, messages);
}

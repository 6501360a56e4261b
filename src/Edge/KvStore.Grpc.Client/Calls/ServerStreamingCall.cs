using Google.Protobuf;

namespace KvStore.Grpc.Client;

/// <summary>The responses to one request. One reader at a time; disposing ends the call.</summary>
public sealed class ServerStreamingCall<TResponse>(StreamCall stream, MessageParser<TResponse> parser) : IDisposable
    where TResponse : IMessage<TResponse>
{
    /// <summary>The next message; false when the server has ended the call with OK. Another status is thrown.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        if (!await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            return false;
        Current = TypedAnswers.Parse(parser, stream.Current);
        return true;
    }

    public TResponse Current { get; private set; } = default!;

    public void Dispose() => stream.Dispose();
}

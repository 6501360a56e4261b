using Google.Protobuf;

namespace KvStore.Grpc.Client;

/// <summary>A call with messages both ways. One reader and one writer at a time; disposing ends the call.</summary>
public sealed class DuplexCall<TRequest, TResponse>(StreamCall stream, MessageParser<TResponse> parser) : IDisposable
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage<TResponse>
{
    public TResponse Current { get; private set; } = default!;

    /// <summary>Sends one message; waits while the server takes less than it is sent.</summary>
    public Task WriteAsync(TRequest message, CancellationToken cancellationToken = default) =>
        stream.WriteAsync(message.ToByteArray(), cancellationToken);

    /// <summary>No more requests follow; the responses go on.</summary>
    public Task CompleteAsync() => stream.CompleteAsync();

    /// <summary>The next message; false when the server has ended the call with OK. Another status is thrown.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        if (!await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            return false;
        Current = TypedAnswers.Parse(parser, stream.Current);
        return true;
    }

    public void Dispose() => stream.Dispose();
}

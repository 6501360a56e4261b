using Google.Protobuf;

namespace KvStore.Grpc.Server;

/// <summary>The messages of a client's stream, decoded. One reader at a time.</summary>
public sealed class TypedRequests<T>(RequestReader requests, MessageParser<T> parser)
    where T : class, IMessage<T>
{
    /// <summary>The next message, or null at the client's half-close.</summary>
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await requests.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            return null;
        try
        {
            return parser.ParseFrom(requests.Current.Span);
        }
        catch (InvalidProtocolBufferException broken)
        {
            throw new GrpcException(new GrpcStatus(StatusCode.Internal, GrpcTexts.UnparsableRequest), inner: broken);
        }
    }
}

using Google.Protobuf;

namespace KvStore.Grpc.Server;

/// <summary>Typed messages towards the client. One writer at a time.</summary>
public sealed class TypedResponses<T>(ResponseWriter responses)
    where T : class, IMessage<T>
{
    /// <summary>Sends one message and waits while the client takes less than it is sent.</summary>
    public ValueTask WriteAsync(T message)
    {
        responses.WriteMessage(message);
        return responses.FlushAsync();
    }
}

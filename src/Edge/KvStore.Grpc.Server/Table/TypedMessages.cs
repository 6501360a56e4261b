using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KvStore.Grpc.Server;

/// <summary>Protobuf messages over the byte-level calls.</summary>
internal static class TypedMessages
{
    public static MessageParser<T> ParserOf<T>(MessageDescriptor descriptor)
        where T : class, IMessage<T>
    {
        if (descriptor.ClrType != typeof(T))
            throw new ArgumentException($"the method's message is {descriptor.FullName}, not {typeof(T).Name}", nameof(descriptor));
        return (MessageParser<T>)descriptor.Parser;
    }

    /// <summary>False when the bytes are no such message; the call then has the status Go's server gives it.</summary>
    public static bool TryParse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes, ServerCall call, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        try
        {
            message = parser.ParseFrom(bytes.Span);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null;
            call.Fail(StatusCode.Internal, GrpcTexts.UnparsableRequest);
            return false;
        }
    }
}

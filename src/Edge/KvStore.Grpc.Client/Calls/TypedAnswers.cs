using Google.Protobuf;

namespace KvStore.Grpc.Client;

internal static class TypedAnswers
{
    public static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException broken)
        {
            const string Text = "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data";
            throw new GrpcException(new GrpcStatus(StatusCode.Internal, Text), inner: broken);
        }
    }
}

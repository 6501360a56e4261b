using System.Buffers;
using System.Buffers.Binary;

namespace KvStore.Grpc;

/// <summary>Cuts messages out of a byte stream that may be split anywhere. Pure; never allocates what a prefix merely announces.</summary>
public static class MessageReader
{
    /// <summary>
    /// Takes the next message off <paramref name="buffer"/>. As Go's server does, the length is judged before the flag, and the
    /// flag only when the message is complete. <paramref name="number"/> is the announced length, or the flag for BadFlag.
    /// </summary>
    public static FrameResult TryRead(
        ref ReadOnlySequence<byte> buffer, long lengthMax, out ReadOnlySequence<byte> message, out long number)
    {
        message = default;
        number = 0;
        if (buffer.Length < MessagePrefix.Size)
            return FrameResult.NeedMore;

        var flag = ReadPrefix(buffer, out var length);
        number = length;
        if (length > lengthMax)
            return FrameResult.TooLarge;
        if (buffer.Length - MessagePrefix.Size < length)
            return FrameResult.NeedMore;
        if (flag > MessagePrefix.Compressed)
        {
            number = flag;
            return FrameResult.BadFlag;
        }

        message = buffer.Slice(MessagePrefix.Size, length);
        buffer = buffer.Slice(message.End);
        return flag == MessagePrefix.Plain ? FrameResult.Message : FrameResult.Compressed;
    }

    /// <summary>The status that a refused message has on the side that received it.</summary>
    public static GrpcStatus Refusal(FrameResult result, long number, long lengthMax, string? encoding, bool isServer) => result switch
    {
        FrameResult.TooLarge => GrpcTexts.TooLarge(number, lengthMax),
        FrameResult.BadFlag => GrpcTexts.UnexpectedFlag((byte)number),
        _ when encoding is null or "" or "identity" => new GrpcStatus(StatusCode.Internal, GrpcTexts.CompressedWithoutEncoding),
        _ => GrpcTexts.NoDecompressor(encoding, isServer),
    };

    private static byte ReadPrefix(in ReadOnlySequence<byte> buffer, out uint length)
    {
        var first = buffer.FirstSpan;
        if (first.Length >= MessagePrefix.Size)
        {
            length = BinaryPrimitives.ReadUInt32BigEndian(first[1..]);
            return first[0];
        }

        Span<byte> prefix = stackalloc byte[MessagePrefix.Size];
        buffer.Slice(0, MessagePrefix.Size).CopyTo(prefix);
        length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return prefix[0];
    }
}

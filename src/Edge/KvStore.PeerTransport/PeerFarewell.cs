using System.Text;
using KvStore.Grpc;

namespace KvStore.PeerTransport;

/// <summary>
/// What the receiver of a stream says when it ends it for a reason: one message against the stream's direction, the status's code in a
/// byte and then its text in UTF-8.
/// </summary>
internal static class PeerFarewell
{
    /// <summary>A code and a sentence.</summary>
    public const int BytesMax = 4096;

    /// <summary>The message with its prefix.</summary>
    public static byte[] Encode(in GrpcStatus status)
    {
        var text = Encoding.UTF8.GetBytes(status.Message);
        var framed = new byte[MessagePrefix.Size + 1 + text.Length];
        MessagePrefix.Write(framed, 1 + text.Length);
        framed[MessagePrefix.Size] = (byte)status.Code;
        text.CopyTo(framed, MessagePrefix.Size + 1);
        return framed;
    }

    public static GrpcStatus Decode(ReadOnlySpan<byte> message) => message.IsEmpty
        ? new GrpcStatus(StatusCode.Unavailable, "the peer closed the stream")
        : new GrpcStatus((StatusCode)message[0], Encoding.UTF8.GetString(message[1..]));
}

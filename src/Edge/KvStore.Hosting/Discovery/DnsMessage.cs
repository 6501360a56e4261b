using System.Buffers.Binary;
using System.Text;

namespace KvStore.Hosting.Discovery;

/// <summary>
/// The two messages of a look-up of SRV records (RFC 1035, section 4; RFC 2782).
/// <code>
///   id:16 flags:16 questions:16 answers:16 authorities:16 more:16   header, 12 bytes
///   name type:16 class:16                                           question
///   name type:16 class:16 ttl:32 length:16 data                     answer; data of SRV: priority:16 weight:16 port:16 target
/// </code>
/// A name is labels of a length byte and that many bytes, ended by 0 or by a pointer (two high bits set) to an earlier name.
/// </summary>
public static class DnsMessage
{
    private const int HeaderBytes = 12;
    private const int LabelBytesMax = 63;
    private const int NameBytesMax = 255;
    private const ushort TypeSrv = 33;
    private const ushort ClassInternet = 1;
    private const ushort RecursionDesired = 0x0100;
    private const ushort IsResponse = 0x8000;
    private const ushort IsTruncated = 0x0200;
    private const ushort CodeMask = 0x000F;
    private const int CodeNoSuchName = 3;

    public static byte[] Ask(ushort id, string name)
    {
        var message = new byte[HeaderBytes + NameBytesMax + 4];
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), RecursionDesired);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), 1);
        var at = HeaderBytes;
        foreach (var label in name.TrimEnd('.').Split('.'))
        {
            var bytes = Encoding.ASCII.GetBytes(label);
            if (bytes.Length is 0 or > LabelBytesMax || at + bytes.Length + 2 > HeaderBytes + NameBytesMax)
                throw new InvalidDataException($"\"{name}\" is no name of DNS");
            message[at++] = (byte)bytes.Length;
            bytes.CopyTo(message.AsSpan(at));
            at += bytes.Length;
        }

        at++;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at), TypeSrv);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 2), ClassInternet);
        return message[..(at + 4)];
    }

    /// <summary>The records of an answer; none when the name does not exist. Null: not an answer to that question, or cut short.</summary>
    /// <exception cref="IOException">The server refuses or fails: it may answer later, or another one.</exception>
    /// <exception cref="InvalidDataException">It sends what is no message.</exception>
    public static IReadOnlyList<SrvRecord>? Read(ReadOnlySpan<byte> message, ushort id, out bool isTruncated)
    {
        isTruncated = false;
        if (message.Length < HeaderBytes || BinaryPrimitives.ReadUInt16BigEndian(message) != id)
            return null;
        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        if ((flags & IsResponse) == 0)
            return null;
        isTruncated = (flags & IsTruncated) != 0;
        if (isTruncated)
            return null;
        if ((flags & CodeMask) is var code && code != 0)
            return code == CodeNoSuchName ? [] : throw new IOException($"the name server answered with code {code}");
        try
        {
            return ReadRecords(message);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new InvalidDataException("the name server's answer ends too early", exception);
        }
    }

    private static List<SrvRecord> ReadRecords(ReadOnlySpan<byte> message)
    {
        var questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        var answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        var at = HeaderBytes;
        for (var i = 0; i < questions; i++)
            at = ReadName(message, at, out _) + 4;
        var records = new List<SrvRecord>();
        for (var i = 0; i < answers; i++)
        {
            at = ReadName(message, at, out _);
            var type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            var data = at + 10;
            if (type == TypeSrv)
            {
                var port = BinaryPrimitives.ReadUInt16BigEndian(message[(data + 4)..]);
                ReadName(message, data + 6, out var target);
                records.Add(new SrvRecord(target, port));
            }

            at = data + length;
        }

        return records;
    }

    /// <summary>Where the name ends in its place; what it points to is read and not gone to.</summary>
    private static int ReadName(ReadOnlySpan<byte> message, int at, out string name)
    {
        var text = new StringBuilder();
        var end = -1;
        while (message[at..(at + 1)][0] is var length && length != 0)
        {
            if ((length & 0xC0) == 0xC0)
            {
                var target = BinaryPrimitives.ReadUInt16BigEndian(message[at..]) & 0x3FFF;
                if (end < 0)
                    end = at + 2;
                // Backwards only, or a message could send its reader around for ever.
                at = target < at ? target : throw new InvalidDataException("a name in the name server's answer points forward");
                continue;
            }

            text.Append(Encoding.ASCII.GetString(message.Slice(at + 1, length))).Append('.');
            if (text.Length > NameBytesMax)
                throw new InvalidDataException("a name in the name server's answer is too long");
            at += length + 1;
        }

        name = text.ToString().TrimEnd('.');
        return end < 0 ? at + 1 : end;
    }
}

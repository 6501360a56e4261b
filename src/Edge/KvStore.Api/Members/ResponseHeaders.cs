using KvStore.Grpc.Server;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Members;

/// <summary>Field 1 of the responses (contract 1.3): who answers, in which term, at which revision.</summary>
public sealed class ResponseHeaders(IMember member)
{
    /// <summary>Tag and length, and four numbers with their tags.</summary>
    public const int BytesMax = 2 + (4 * (1 + Wire.VarintBytesMax));

    private const int HeaderField = 1;

    /// <summary>Writes the encoded field and returns its length.</summary>
    public int Write(Span<byte> destination, Revision revision)
    {
        var status = member.Status;
        var length = 2;
        length += WriteNumber(destination[length..], ResponseHeader.ClusterIdFieldNumber, status.Cluster.Value);
        length += WriteNumber(destination[length..], ResponseHeader.MemberIdFieldNumber, status.Self.Value);
        length += WriteNumber(destination[length..], ResponseHeader.RevisionFieldNumber, (ulong)revision.Value);
        length += WriteNumber(destination[length..], ResponseHeader.RaftTermFieldNumber, status.Term.Value);
        destination[0] = (HeaderField << 3) | (int)Wire.WireType.LengthDelimited;
        // Four numbers are at most 44 bytes: the length is one byte.
        destination[1] = (byte)(length - 2);
        return length;
    }

    public ResponseHeader Message(Revision revision)
    {
        var status = member.Status;
        return new ResponseHeader
        {
            ClusterId = status.Cluster.Value,
            MemberId = status.Self.Value,
            Revision = revision.Value,
            RaftTerm = status.Term.Value,
        };
    }

    /// <summary>The member's current revision.</summary>
    public ResponseHeader Current()
    {
        using var view = member.OpenView();
        return Message(view.Current);
    }

    /// <summary>Answers with the header and a body that lacks it.</summary>
    public ValueTask AnswerAsync(ResponseWriter response, Revision revision, ReadOnlyMemory<byte> body)
    {
        var header = new byte[BytesMax];
        var length = Write(header, revision);
        return response.WriteMessageAsync(header.AsMemory(0, length), body);
    }

    private static int WriteNumber(Span<byte> destination, int field, ulong value)
    {
        if (value == 0)
            return 0;
        destination[0] = (byte)((field << 3) | (int)Wire.WireType.Varint);
        return 1 + Wire.WriteVarint(destination[1..], value);
    }
}

using System.Buffers.Binary;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Peers;

/// <summary>
/// Frames between members as bytes. Everything that comes from a peer is checked here and nothing throws: a frame is either a
/// message raft may see, or a reason why not.
/// </summary>
/// <remarks>
/// A frame: kind (1) · cluster (8) · from (8) · to (8) · body · CRC-32C of all before it (4). Numbers little-endian; in the body
/// varints as in protobuf. The checksum guards against what TCP's does not see; forgery is the transport's matter (mutual TLS).
/// The entries of a decoded message are parts of the frame and keep it alive.
/// </remarks>
internal sealed class PeerCodec(ClusterId cluster, MemberId self)
{
    private const int HeadBytes = 1 + 8 + 8 + 8;
    private const int SumBytes = 4;

    /// <summary>Term, index, kind and length of the smallest entry, one byte each.</summary>
    private const int EntryBytesMin = 4;

    private readonly ClusterId _cluster = cluster;
    private readonly MemberId _self = self;

    public ReadOnlyMemory<byte> Encode(in PeerMessage message)
    {
        Check.That(message.From == _self, "a member speaks for itself");
        var writer = Begin(PeerFrameKind.Raft, message.To, SizeHint(message));
        writer.WriteByte((byte)message.Kind);
        writer.WriteByte((byte)((message.Reject ? 1 : 0) | (message.Force ? 2 : 0)));
        writer.WriteVarint(message.Term.Value);
        writer.WriteVarint(message.Index.Value);
        writer.WriteVarint(message.LogTerm.Value);
        writer.WriteVarint(message.Commit.Value);
        writer.WriteVarint(message.CommitTerm.Value);
        writer.WriteVarint(message.HintIndex.Value);
        writer.WriteVarint(message.Token.Epoch);
        writer.WriteVarint(message.Token.Sequence);
        writer.WriteVarint(message.Target.Value);
        writer.WriteVarint((ulong)message.Entries.Length);
        foreach (ref readonly var entry in message.Entries.Span)
        {
            writer.WriteVarint(entry.Term.Value);
            writer.WriteVarint(entry.Index.Value);
            writer.WriteByte((byte)entry.Kind);
            writer.WriteVarint((ulong)entry.Data.Length);
            writer.Write(entry.Data.Span);
        }

        return End(writer);
    }

    public ReadOnlyMemory<byte> Encode(MemberId to, SnapshotPart part)
    {
        var chunk = part as SnapshotPart.Chunk;
        var writer = Begin(PeerFrameKind.Snapshot, to, chunk is null ? 256 : chunk.Records.Length + 64);
        SnapshotPartCodec.Write(writer, part);
        return End(writer);
    }

    public ReadOnlyMemory<byte> EncodeRemoved(MemberId to) => End(Begin(PeerFrameKind.Removed, to, 32));

    /// <summary>Null when the frame is good; otherwise what is wrong with it.</summary>
    public string? TryDecode(MemberId sender, ReadOnlyMemory<byte> frame, out PeerFrame decoded)
    {
        decoded = default;
        if (frame.Length < HeadBytes + SumBytes)
            return "too short";
        var summed = frame[..^SumBytes];
        if (Crc32C.Of(summed.Span) != BinaryPrimitives.ReadUInt32LittleEndian(frame.Span[^SumBytes..]))
            return "checksum does not match";
        var reader = new FrameReader(summed);
        var kind = (PeerFrameKind)reader.ReadByte();
        // R9: a frame of another cluster, or for the member that had this address before, changes nothing here.
        if (reader.ReadFixed64() != _cluster.Value)
            return "another cluster";
        if (reader.ReadFixed64() != sender.Value || sender.IsNone || sender == _self)
            return "not from the member that sent it";
        if (reader.ReadFixed64() != _self.Value)
            return "for another member";
        var reason = DecodeBody(kind, sender, ref reader, out decoded);
        return reason ?? (reader.IsBroken || !reader.IsAtEnd ? "not what its kind says" : null);
    }

    private string? DecodeBody(PeerFrameKind kind, MemberId sender, ref FrameReader reader, out PeerFrame decoded)
    {
        decoded = new PeerFrame { Kind = kind, From = sender };
        switch (kind)
        {
            case PeerFrameKind.Raft:
                if (!TryReadMessage(sender, ref reader, out var message))
                    return "not a message of raft";
                decoded = decoded with { Message = message };
                return null;
            case PeerFrameKind.Snapshot:
                var part = SnapshotPartCodec.TryRead(ref reader);
                if (part is null)
                    return "not a part of a snapshot";
                decoded = decoded with { Part = part };
                return null;
            case PeerFrameKind.Removed:
                return null;
            default:
                return "unknown kind";
        }
    }

    private bool TryReadMessage(MemberId sender, ref FrameReader reader, out PeerMessage message)
    {
        var kind = (PeerMessageKind)reader.ReadByte();
        var flags = reader.ReadByte();
        message = new PeerMessage
        {
            Kind = kind,
            From = sender,
            To = _self,
            Reject = (flags & 1) != 0,
            Force = (flags & 2) != 0,
            Term = new Term(reader.ReadNumber()),
            Index = new LogIndex(reader.ReadNumber()),
            LogTerm = new Term(reader.ReadNumber()),
            Commit = new LogIndex(reader.ReadNumber()),
            CommitTerm = new Term(reader.ReadNumber()),
            HintIndex = new LogIndex(reader.ReadNumber()),
            Token = new ReadToken(reader.ReadNumber(), reader.ReadNumber()),
            Target = new MemberId(reader.ReadNumber()),
            Entries = ReadEntries(ref reader),
        };
        return !reader.IsBroken
            && kind is > PeerMessageKind.None and <= PeerMessageKind.Commit
            && flags <= 3
            && message.Index.Value < ulong.MaxValue - (ulong)message.Entries.Length
            && EntriesFit(message);
    }

    private static LogEntry[] ReadEntries(ref FrameReader reader)
    {
        var count = reader.ReadCount(EntryBytesMin);
        if (count == 0)
            return [];
        var entries = new LogEntry[count];
        for (var i = 0; i < count; i++)
        {
            entries[i] = new LogEntry(
                new Term(reader.ReadNumber()), new LogIndex(reader.ReadNumber()), (LogEntryKind)reader.ReadByte(), reader.ReadBytes());
        }

        return entries;
    }

    /// <summary>Entries of an append follow its index without a gap and in no later term than its own; proposals have neither yet.</summary>
    private static bool EntriesFit(in PeerMessage message)
    {
        if (message.Kind is not (PeerMessageKind.Append or PeerMessageKind.Propose))
            return message.Entries.IsEmpty;
        var isAppend = message.Kind == PeerMessageKind.Append;
        var index = message.Index;
        var term = message.LogTerm;
        foreach (ref readonly var entry in message.Entries.Span)
        {
            if (entry.Kind > LogEntryKind.Membership)
                return false;
            if (!isAppend)
                continue;
            index = index.Next;
            if (entry.Index != index || entry.Term < term || entry.Term > message.Term || entry.Term == Term.Zero)
                return false;
            term = entry.Term;
        }

        return true;
    }

    private static int SizeHint(in PeerMessage message)
    {
        var size = HeadBytes + SumBytes + 96;
        foreach (ref readonly var entry in message.Entries.Span)
            size += entry.Data.Length + (2 * Wire.VarintBytesMax) + 6;
        return size;
    }

    private ByteWriter Begin(PeerFrameKind kind, MemberId to, int size)
    {
        // A writer of its own for each frame: the frame goes to the network and is not ours any more.
        var writer = new ByteWriter(size);
        writer.WriteByte((byte)kind);
        BinaryPrimitives.WriteUInt64LittleEndian(writer.Take(8), _cluster.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(writer.Take(8), _self.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(writer.Take(8), to.Value);
        return writer;
    }

    private static ReadOnlyMemory<byte> End(ByteWriter writer)
    {
        var sum = Crc32C.Of(writer.WrittenSpan);
        BinaryPrimitives.WriteUInt32LittleEndian(writer.Take(SumBytes), sum);
        return writer.WrittenMemory;
    }
}

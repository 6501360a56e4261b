using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Peers;

/// <summary>The bodies of snapshot frames: kind (1) · transfer id · fields.</summary>
internal static class SnapshotPartCodec
{
    private const byte ManifestKind = 1;
    private const byte ChunkKind = 2;
    private const byte ReceivedKind = 3;
    private const byte CompleteKind = 4;
    private const byte RefusedKind = 5;

    public static void Write(ByteWriter writer, SnapshotPart part)
    {
        switch (part)
        {
            case SnapshotPart.Manifest manifest:
                Begin(writer, ManifestKind, part);
                writer.WriteVarint(manifest.Mark.Index.Value);
                writer.WriteVarint(manifest.Mark.Term.Value);
                writer.WriteVarint(manifest.Term.Value);
                WriteMembers(writer, manifest.Mark.Membership.Voters);
                WriteMembers(writer, manifest.Mark.Membership.Learners);
                // A snapshot of the middle of a change goes on there.
                WriteMembers(writer, manifest.Mark.Membership.OutgoingVoters);
                break;
            case SnapshotPart.Chunk chunk:
                Begin(writer, ChunkKind, part);
                writer.WriteVarint(chunk.Sequence);
                writer.WriteByte((byte)(chunk.IsLast ? 1 : 0));
                writer.WriteVarint(chunk.Sum);
                writer.WriteVarint((ulong)chunk.Records.Length);
                writer.Write(chunk.Records.Span);
                break;
            case SnapshotPart.Received received:
                Begin(writer, ReceivedKind, part);
                writer.WriteVarint(received.Next);
                break;
            case SnapshotPart.Complete:
                Begin(writer, CompleteKind, part);
                break;
            case SnapshotPart.Refused:
                Begin(writer, RefusedKind, part);
                break;
            default:
                Check.Broken("every part of a snapshot has bytes");
                break;
        }
    }

    /// <summary>Null when the bytes are not a part of a snapshot.</summary>
    public static SnapshotPart? TryRead(ref FrameReader reader)
    {
        var kind = reader.ReadByte();
        var id = reader.ReadNumber();
        SnapshotPart? part = kind switch
        {
            ManifestKind => TryReadManifest(id, ref reader),
            ChunkKind => new SnapshotPart.Chunk(id, reader.ReadNumber(), reader.ReadBool(), (uint)reader.ReadNumber(), reader.ReadBytes()),
            ReceivedKind => new SnapshotPart.Received(id, reader.ReadNumber()),
            CompleteKind => new SnapshotPart.Complete(id),
            RefusedKind => new SnapshotPart.Refused(id),
            _ => null,
        };
        return reader.IsBroken ? null : part;
    }

    private static void Begin(ByteWriter writer, byte kind, SnapshotPart part)
    {
        writer.WriteByte(kind);
        writer.WriteVarint(part.Id);
    }

    private static void WriteMembers(ByteWriter writer, IReadOnlyList<MemberId> members)
    {
        writer.WriteVarint((ulong)members.Count);
        foreach (var member in members)
            writer.WriteVarint(member.Value);
    }

    private static SnapshotPart.Manifest? TryReadManifest(ulong id, ref FrameReader reader)
    {
        var index = new LogIndex(reader.ReadNumber());
        var entryTerm = new Term(reader.ReadNumber());
        var term = new Term(reader.ReadNumber());
        var voters = ReadMembers(ref reader);
        var learners = ReadMembers(ref reader);
        var outgoing = ReadMembers(ref reader);
        var isMark = index > LogIndex.Zero && entryTerm > Term.Zero && entryTerm <= term;
        if (reader.IsBroken || !isMark || voters is null || learners is null || outgoing is null)
            return null;
        if (voters.Overlaps(learners) || outgoing.Overlaps(learners) || voters.Count == 0)
            return null;
        var membership = new Membership
        {
            Voters = [.. voters], Learners = [.. learners], OutgoingVoters = [.. outgoing], AutoLeave = outgoing.Count > 0,
        };
        return new SnapshotPart.Manifest(id, new SnapshotMark(index, entryTerm, membership), term);
    }

    private static SortedSet<MemberId>? ReadMembers(ref FrameReader reader)
    {
        var count = reader.ReadCount(1);
        var members = new SortedSet<MemberId>();
        for (var i = 0; i < count; i++)
        {
            var member = new MemberId(reader.ReadNumber());
            if (member.IsNone || !members.Add(member))
                return null;
        }

        return members;
    }
}

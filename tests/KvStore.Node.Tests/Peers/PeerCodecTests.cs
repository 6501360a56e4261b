using KvStore.Node.Peers;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Tests.Peers;

public sealed class PeerCodecTests
{
    private static readonly ClusterId _cluster = new(7);
    private static readonly MemberId _one = new(1);
    private static readonly MemberId _two = new(2);
    private readonly PeerCodec _sender = new(_cluster, _one);
    private readonly PeerCodec _receiver = new(_cluster, _two);

    [Fact]
    public void Message_OfEveryKind_ComesOutAsItWentIn()
    {
        var prng = new Prng(1);
        for (var i = 0; i < 2000; i++)
        {
            var message = RandomMessage(prng);
            Assert.Null(_receiver.TryDecode(_one, _sender.Encode(message), out var frame));
            Assert.Equal(PeerFrameKind.Raft, frame.Kind);
            AssertSame(message, frame.Message);
        }
    }

    [Fact]
    public void SnapshotParts_ComeOutAsTheyWentIn()
    {
        var mark = new SnapshotMark(new LogIndex(9), new Term(2), new Membership { Voters = [_one, _two], Learners = [new MemberId(3)] });
        Assert.Equal(new SnapshotPart.Manifest(5, mark, new Term(3)), RoundTrip(new SnapshotPart.Manifest(5, mark, new Term(3))));
        var joint = mark with { Membership = new Membership { Voters = [_one], OutgoingVoters = [_two], Learners = [new MemberId(3)], AutoLeave = true } };
        Assert.Equal(new SnapshotPart.Manifest(5, joint, new Term(3)), RoundTrip(new SnapshotPart.Manifest(5, joint, new Term(3))));
        var chunk = Assert.IsType<SnapshotPart.Chunk>(RoundTrip(new SnapshotPart.Chunk(5, 8, true, 0xFFFFFFFF, new byte[] { 1, 2, 3 })));
        Assert.Equal((5UL, 8UL, true, 0xFFFFFFFFU), (chunk.Id, chunk.Sequence, chunk.IsLast, chunk.Sum));
        Assert.Equal([1, 2, 3], chunk.Records.ToArray());
        Assert.Equal(new SnapshotPart.Received(5, 4), RoundTrip(new SnapshotPart.Received(5, 4)));
        Assert.Equal(new SnapshotPart.Complete(5), RoundTrip(new SnapshotPart.Complete(5)));
        Assert.Equal(new SnapshotPart.Refused(5), RoundTrip(new SnapshotPart.Refused(5)));
    }

    /// <summary>
    /// Members of two releases meet in a rolling upgrade: whoever changes a frame's layout raises the version of the peer protocol
    /// (<c>PeerHandshake.ProtocolVersion</c>), so that they refuse each other in words instead of reading each other wrongly.
    /// </summary>
    [Fact]
    public void Frames_OfVersionTwo_HaveTheseBytes()
    {
        var message = new PeerMessage
        {
            Kind = PeerMessageKind.Append, From = _one, To = _two, Reject = true, Force = true, Term = new Term(1), Index = new LogIndex(2), LogTerm = new Term(3),
            Commit = new LogIndex(4), CommitTerm = new Term(5), HintIndex = new LogIndex(6), Token = new ReadToken(7, 300), Target = new MemberId(9),
            Entries = new[] { new LogEntry(new Term(1), new LogIndex(3), LogEntryKind.Membership, new byte[] { 0xAA, 0xBB }) },
        };
        var membership = new Membership { Voters = [_one], OutgoingVoters = [_two], Learners = [new MemberId(3)], AutoLeave = true };
        var mark = new SnapshotMark(new LogIndex(9), new Term(2), membership);
        byte[][] frames =
        [
            _sender.Encode(message).ToArray(),
            _sender.EncodeRemoved(_two).ToArray(),
            .. new SnapshotPart[]
            {
                new SnapshotPart.Manifest(5, mark, new Term(3)), new SnapshotPart.Chunk(5, 8, true, 0xFF, new byte[] { 1, 2, 3 }), new SnapshotPart.Received(5, 4),
                new SnapshotPart.Complete(5), new SnapshotPart.Refused(5),
            }.Select(part => _sender.Encode(_two, part).ToArray()),
        ];
        Assert.Equal(
            [
                "01070000000000000001000000000000000200000000000000050301020304050607ac02090101030202aabbb3a65813",
                "030700000000000000010000000000000002000000000000002ec24326",
                "020700000000000000010000000000000002000000000000000105090203010101030102081ae35a",
                "0207000000000000000100000000000000020000000000000002050801ff01030102030c32fcd0",
                "020700000000000000010000000000000002000000000000000305043257f3cb",
                "0207000000000000000100000000000000020000000000000004054a91c27d",
                "0207000000000000000100000000000000020000000000000005053d09606e",
            ],
            frames.Select(Convert.ToHexStringLower));
    }

    /// <summary>R9: wrong cluster, wrong addressee, another sender than the connection's.</summary>
    [Fact]
    public void Frame_ForSomebodyElse_IsRefused()
    {
        var frame = _sender.Encode(Heartbeat());
        Assert.Equal("another cluster", new PeerCodec(new ClusterId(8), _two).TryDecode(_one, frame, out _));
        Assert.Equal("for another member", new PeerCodec(_cluster, new MemberId(3)).TryDecode(_one, frame, out _));
        Assert.Equal("not from the member that sent it", _receiver.TryDecode(new MemberId(3), frame, out _));
        Assert.Equal("not from the member that sent it", _sender.TryDecode(_one, _sender.Encode(Heartbeat() with { To = _one }), out _));
    }

    /// <summary>Fuzz: any byte changed, any length cut, any bytes at all: refused, or a well-formed message; never an exception.</summary>
    [Fact]
    public void DamagedFrames_NeverThrow_AndTheChecksumSeesThem()
    {
        var prng = new Prng(2);
        for (var i = 0; i < 20_000; i++)
        {
            var frame = _sender.Encode(RandomMessage(prng)).ToArray();
            var at = prng.Below(frame.Length);
            frame[at] ^= (byte)(1 + prng.Below(255));
            Assert.NotNull(_receiver.TryDecode(_one, frame, out _));
            Assert.NotNull(_receiver.TryDecode(_one, frame.AsMemory(0, at), out _));
        }
    }

    /// <summary>The same with a checksum that fits, as a peer with a defect would send it: what is accepted can be stepped.</summary>
    [Fact]
    public void WrongFramesWithRightChecksum_NeverThrow()
    {
        var prng = new Prng(3);
        var accepted = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var frame = prng.Chance(1, 2) ? _sender.Encode(RandomMessage(prng)).ToArray() : RandomPart(prng).ToArray();
            for (var n = prng.Below(4); n >= 0; n--)
                frame[25 + prng.Below(frame.Length - 29)] = (byte)prng.NextUInt64();
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(^4), Crc32C.Of(frame.AsSpan(..^4)));
            if (_receiver.TryDecode(_one, frame, out var decoded) is null && decoded.Kind == PeerFrameKind.Raft)
            {
                accepted++;
                AssertFollows(decoded.Message);
            }
        }

        Assert.True(accepted > 100);
    }

    private static void AssertFollows(in PeerMessage message)
    {
        if (message.Kind != PeerMessageKind.Append)
            return;
        var index = message.Index;
        foreach (var entry in message.Entries.Span)
        {
            Assert.Equal(index.Next, entry.Index);
            Assert.True(entry.Term <= message.Term);
            index = entry.Index;
        }
    }

    private SnapshotPart RoundTrip(SnapshotPart part)
    {
        Assert.Null(_receiver.TryDecode(_one, _sender.Encode(_two, part), out var frame));
        return frame.Part!;
    }

    private static void AssertSame(in PeerMessage expected, in PeerMessage actual)
    {
        Assert.Equal(expected with { Entries = default }, actual with { Entries = default });
        Assert.Equal(expected.Entries.Length, actual.Entries.Length);
        for (var i = 0; i < expected.Entries.Length; i++)
        {
            var (left, right) = (expected.Entries.Span[i], actual.Entries.Span[i]);
            Assert.Equal((left.Term, left.Index, left.Kind), (right.Term, right.Index, right.Kind));
            Assert.True(left.Data.Span.SequenceEqual(right.Data.Span));
        }
    }

    private static PeerMessage Heartbeat() => new() { Kind = PeerMessageKind.Heartbeat, From = _one, To = _two, Term = new Term(1) };

    private ReadOnlyMemory<byte> RandomPart(Prng prng)
    {
        var mark = new SnapshotMark(new LogIndex(1 + prng.Below(99UL)), new Term(1), Membership.OfVoters(_one, _two));
        return prng.Below(3) switch
        {
            0 => _sender.Encode(_two, new SnapshotPart.Manifest(prng.NextUInt64(), mark, new Term(5))),
            1 => _sender.Encode(_two, new SnapshotPart.Chunk(prng.NextUInt64(), 3, false, 1, new byte[prng.Below(50)])),
            _ => _sender.Encode(_two, new SnapshotPart.Received(prng.NextUInt64(), 4)),
        };
    }

    private static PeerMessage RandomMessage(Prng prng)
    {
        var kind = (PeerMessageKind)(1 + prng.Below((int)PeerMessageKind.Commit));
        var index = prng.Below(1000UL);
        var entries = new LogEntry[kind is PeerMessageKind.Append or PeerMessageKind.Propose ? prng.Below(5) : 0];
        for (var i = 0; i < entries.Length; i++)
        {
            var data = new byte[prng.Below(40)];
            prng.Fill(data);
            entries[i] = new LogEntry(new Term(3), new LogIndex(index + 1 + (ulong)i), (LogEntryKind)prng.Below(3), data);
        }

        return new PeerMessage
        {
            Kind = kind,
            From = _one,
            To = _two,
            Term = new Term(3 + prng.Below(1UL << 40)),
            Index = new LogIndex(index),
            LogTerm = new Term(prng.Below(4UL)),
            Commit = new LogIndex(prng.NextUInt64()),
            CommitTerm = new Term(prng.NextUInt64()),
            Entries = entries,
            Reject = prng.Chance(1, 2),
            HintIndex = new LogIndex(prng.NextUInt64()),
            Token = new ReadToken(prng.NextUInt64(), prng.NextUInt64()),
            Force = prng.Chance(1, 2),
            Target = new MemberId(prng.NextUInt64()),
        };
    }
}

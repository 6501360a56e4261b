using System.Buffers;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Framing;

/// <summary>
/// The reader against a dumb model: any split of the bytes gives the same messages, and no bytes make it throw or take more than
/// there is.
/// </summary>
public sealed class MessageReaderTests
{
    [Fact]
    public void Stream_SplitAnywhere_GivesTheSameMessages()
    {
        var prng = new Prng(20260101);
        for (var round = 0; round < 2_000; round++)
        {
            var messages = Enumerable.Range(0, prng.Below(6)).Select(_ =>
            {
                var message = new byte[prng.Chance(1, 4) ? 0 : prng.Below(300)];
                prng.Fill(message);
                return message;
            }).ToList();
            var bytes = messages.SelectMany(message => RawCall.Frame(message)).ToArray();
            var buffer = Split(bytes, prng);
            foreach (var message in messages)
            {
                Assert.Equal(FrameResult.Message, MessageReader.TryRead(ref buffer, 300, out var read, out _));
                Assert.Equal(message, read.ToArray());
            }

            Assert.Equal(FrameResult.NeedMore, MessageReader.TryRead(ref buffer, 300, out _, out _));
            Assert.Equal(0, buffer.Length);
        }
    }

    [Fact]
    public void Stream_GrowingByteByByte_NeedsMoreUntilComplete()
    {
        var bytes = RawCall.Frame([1, 2, 3]);
        for (var length = 0; length < bytes.Length; length++)
        {
            var buffer = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.Equal(FrameResult.NeedMore, MessageReader.TryRead(ref buffer, 10, out _, out _));
            Assert.Equal(length, buffer.Length);
        }
    }

    [Fact]
    public void Garbage_NeverThrowsAndNeverConsumesWithoutAMessage()
    {
        var prng = new Prng(7);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[prng.Below(40)];
            prng.Fill(bytes);
            if (bytes.Length > 4 && prng.Chance(1, 2))
                (bytes[1], bytes[2], bytes[3]) = (0, 0, 0); // short lengths are the interesting ones
            var buffer = Split(bytes, prng);
            while (true)
            {
                var before = buffer.Length;
                var result = MessageReader.TryRead(ref buffer, 1000, out var message, out var number);
                if (result is FrameResult.Message or FrameResult.Compressed)
                {
                    Assert.Equal(before, buffer.Length + 5 + message.Length);
                    continue;
                }

                Assert.Equal(before, buffer.Length);
                Assert.True(result != FrameResult.TooLarge || number > 1000);
                Assert.True(result != FrameResult.BadFlag || number > 1);
                break;
            }
        }
    }

    private static ReadOnlySequence<byte> Split(byte[] bytes, Prng prng)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, before: null);
        var last = first;
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(1 + prng.Below(prng.Chance(1, 2) ? 4 : 200), bytes.Length - at);
            last = new Segment(bytes.AsMemory(at, length), last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}

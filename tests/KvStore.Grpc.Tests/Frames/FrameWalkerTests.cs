using KvStore.Grpc.Server;
using KvStore.Primitives;
using KvStore.Testing.Wires;

namespace KvStore.Grpc.Tests.Frames;

public sealed class FrameWalkerTests
{
    [Fact]
    public void Frames_CutAnywhere_GiveTheSameHeads()
    {
        var prng = new Prng(7);
        for (var round = 0; round < 200; round++)
        {
            var (bytes, expected) = Frames(prng);
            var walker = new FrameWalker(prefaceBytes: 24);
            var found = new List<FrameHead>();
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(1 + prng.Below(round % 2 == 0 ? 5 : 400), bytes.Length - at);
                ReadOnlySpan<byte> part = bytes.AsSpan(at, length);
                while (walker.TryNext(ref part, out var head))
                    found.Add(head);
                Assert.True(part.IsEmpty);
                at += length;
            }

            Assert.Equal(expected, found);
            Assert.True(walker.IsBetweenFrames);
        }
    }

    private static (byte[] Bytes, List<FrameHead> Heads) Frames(Prng prng)
    {
        var bytes = new List<byte>(Http2Wire.Preface);
        var heads = new List<FrameHead>();
        for (var i = prng.Below(30); i >= 0; i--)
        {
            var head = new FrameHead(prng.Below(300), (byte)prng.Below(12), (byte)prng.Below(256), prng.Below(int.MaxValue));
            heads.Add(head);
            bytes.AddRange(Http2Wire.Frame(head.Type, head.Flags, head.Stream, new byte[head.PayloadBytes]));
        }

        return ([.. bytes], heads);
    }
}

using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using KvStore.Grpc.Server;

namespace KvStore.Benchmarks.Inner;

/// <summary>The guard's look at what an HTTP/2 client sends: the frames of 100 unary calls, HEADERS and DATA each.</summary>
public class FrameWalking
{
    private const int Calls = 100;

    /// <summary>Compressed headers of a repeated call.</summary>
    private const int HeadersBytes = 20;

    private const int DataBytes = 300;

    private readonly byte[] _bytes = Frames();

    [Benchmark(OperationsPerInvoke = Calls)]
    public int Call()
    {
        var walker = new FrameWalker(prefaceBytes: 0);
        ReadOnlySpan<byte> rest = _bytes;
        var payload = 0;
        while (walker.TryNext(ref rest, out var head))
            payload += head.PayloadBytes;
        return payload;
    }

    private static byte[] Frames()
    {
        var bytes = new byte[Calls * ((2 * FrameHead.Bytes) + HeadersBytes + DataBytes)];
        var at = 0;
        for (var call = 0; call < Calls; call++)
        {
            at = Frame(bytes, at, HeadersBytes, FrameHead.Headers, (2 * call) + 1);
            at = Frame(bytes, at, DataBytes, FrameHead.Data, (2 * call) + 1);
        }

        return bytes;
    }

    private static int Frame(byte[] bytes, int at, int payload, byte type, int stream)
    {
        bytes[at + 2] = (byte)payload;
        bytes[at + 1] = (byte)(payload >> 8);
        bytes[at + 3] = type;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 5), stream);
        return at + FrameHead.Bytes + payload;
    }
}

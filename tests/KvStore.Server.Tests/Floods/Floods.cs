using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Wires;

namespace KvStore.Server.Tests.Floods;

/// <summary>The known ways to make an HTTP/2 server work or hold for nothing.</summary>
internal static class Floods
{
    private const int Many = 50_000;

    /// <summary>Frames that are looked at and dropped cost a microsecond or two here; a call that is begun costs tens.</summary>
    private const double Cheap = 20;

    private const double OfACall = 200;

    private static readonly byte[] _openRange = Http2Wire.Head(FloodedMember.Range);
    private static readonly byte[] _filler = [.. Enumerable.Range(0, 100).SelectMany(_ => Http2Wire.Literal("x-filler", new string('a', 100)))];

    /// <summary>A table entry of 4,000 bytes, named in one byte four hundred times (RFC 7541, section 7.3).</summary>
    private static readonly byte[] _bomb = [.. _openRange, 0x40, 1, (byte)'x', 0x7f, 0xa1, 0x1e, .. Enumerable.Repeat((byte)'a', 4000), .. Enumerable.Repeat((byte)0xbe, 400)];

    private static readonly byte[] _rangeOfLarge = new RangeRequest { Key = FloodedMember.Bytes("large") }.ToByteArray();

    public static IReadOnlyDictionary<string, Flood> All { get; } = new Dictionary<string, Flood>(StringComparer.Ordinal)
    {
        // CVE-2023-44487
        ["RapidReset"] = new(5000, OfACall, turn => [.. Open(turn), .. Http2Wire.Frame(Http2Frame.ResetStream, 0, Stream(turn), [0, 0, 0, 8])]),
        // The same, where the server is made to reset: a window that grows by nothing.
        ["MadeYouReset"] = new(5000, OfACall, turn => [.. Open(turn), .. Http2Wire.Frame(Http2Frame.WindowUpdate, 0, Stream(turn), [0, 0, 0, 0])]),
        // CVE-2023-45288, with fields and without
        ["Continuation"] = Flood.Of(500, OfACall, Http2Wire.Frame(Http2Frame.Headers, 0, 1, _openRange), Http2Wire.Frame(Http2Frame.Continuation, 0, 1, _filler)),
        ["EmptyContinuation"] = Flood.Of(Many, Cheap, Http2Wire.Frame(Http2Frame.Headers, 0, 1, _openRange), Http2Wire.Frame(Http2Frame.Continuation, 0, 1, [])),
        ["HeaderBomb"] = new(500, 10 * OfACall, turn => Http2Wire.Frame(Http2Frame.Headers, Http2Frame.EndHeaders | Http2Frame.EndStream, Stream(turn), _bomb)),
        ["Settings"] = Flood.Of(Many, Cheap, Http2Wire.Frame(Http2Frame.Settings, 0, 0, [0, 4, 0, 1, 0, 0])),
        ["Pings"] = Flood.Of(Many, Cheap, Http2Wire.Frame(Http2Frame.Ping, 0, 0, new byte[8])),
        ["Pongs"] = Flood.Of(Many, Cheap, Http2Wire.Frame(Http2Frame.Ping, Http2Frame.Acknowledged, 0, new byte[8])),
        ["Priorities"] = new(Many, Cheap, turn => Http2Wire.Frame(2, 0, Stream(turn), new byte[5])),
        ["WindowUpdates"] = Flood.Of(Many, Cheap, Http2Wire.Frame(Http2Frame.WindowUpdate, 0, 0, [0, 0, 0, 1])),
        ["EmptyData"] = Flood.Of(Many, Cheap, Http2Wire.Frame(Http2Frame.Headers, Http2Frame.EndHeaders, 1, Http2Wire.Head(FloodedMember.Put)), Http2Wire.Frame(Http2Frame.Data, 0, 1, [])),
        ["UnknownFrames"] = Flood.Of(Many, Cheap, Http2Wire.Frame(0x77, 0, 0, new byte[100])),
        // 15,000 calls whose answers of 16 KB nobody takes: the windows are nothing.
        ["AnswersNobodyTakes"] = new(500, 2 * OfACall, turn => turn == 0
            ? Http2Wire.Frame(Http2Frame.Settings, 0, 0, [0, 4, 0, 0, 0, 0])
            : Http2Wire.Call(Stream(turn), FloodedMember.Range, _rangeOfLarge)),
        // 15,000 calls that say they will send 64 KB and stop after one.
        ["RequestsThatNeverEnd"] = new(500, 2 * OfACall, turn =>
            [.. Open(turn), .. Http2Wire.Frame(Http2Frame.Data, 0, Stream(turn), [0, 0, 1, 0, 0, .. new byte[1000]])]),
    };

    private static int Stream(int turn) => 2 * turn + 1;

    private static byte[] Open(int turn) => Http2Wire.Frame(Http2Frame.Headers, Http2Frame.EndHeaders, Stream(turn), _openRange);
}

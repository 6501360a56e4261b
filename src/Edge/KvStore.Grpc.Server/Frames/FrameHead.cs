namespace KvStore.Grpc.Server;

/// <summary>The nine bytes before every frame of HTTP/2 (RFC 9113, section 4.1), without the reserved bit.</summary>
internal readonly record struct FrameHead(int PayloadBytes, byte Type, byte Flags, int Stream)
{
    public const int Bytes = 9;
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Ping = 6;
    public const byte GoAway = 7;

    /// <summary>END_STREAM of DATA and HEADERS, ACK of PING.</summary>
    private const byte EndOrAck = 0x1;

    public bool EndsStream => Type <= Headers && (Flags & EndOrAck) != 0;

    public bool AsksForPong => Type == Ping && (Flags & EndOrAck) == 0;
}

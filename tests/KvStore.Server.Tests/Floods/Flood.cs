namespace KvStore.Server.Tests.Floods;

/// <summary>What a hostile connection says.</summary>
/// <param name="Frames">How many turns each connection says, over all its lives.</param>
/// <param name="MicrosPerFrameMax">Processor time of the server for each, at most: some times what was measured, far from what a machine notices.</param>
/// <param name="Say">The bytes of a turn, counted from the greeting of the connection.</param>
internal sealed record Flood(int Frames, double MicrosPerFrameMax, Func<int, byte[]> Say)
{
    /// <summary>The same frame for ever.</summary>
    public static Flood Of(int frames, double microsPerFrameMax, byte[] frame) => new(frames, microsPerFrameMax, _ => frame);

    /// <summary>One frame first, then another for ever.</summary>
    public static Flood Of(int frames, double microsPerFrameMax, byte[] first, byte[] then) => new(frames, microsPerFrameMax, turn => turn == 0 ? first : then);
}

using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests.Frames;

/// <summary>The rules of keep-alive enforcement, on a clock that stands still.</summary>
public sealed class ClientPingsTests
{
    private static readonly FrameHead _ping = new(8, FrameHead.Ping, 0, 0);
    private static readonly FrameHead _pong = new(8, FrameHead.Ping, 1, 0);

    private readonly ManualTime _time = new();
    private readonly ClientPings _pings;

    public ClientPingsTests() => _pings = new ClientPings(TimeSpan.FromSeconds(5), _time);

    [Fact]
    public void WithACall_FourthPingTooSoon_IsOneTooMany()
    {
        Open(1);
        Assert.Equal([true, true, true, false], Ping(4, TimeSpan.FromSeconds(4.9)));
    }

    [Fact]
    public void WithACall_PingsAtTheirTime_GoOnForEver()
    {
        Open(1);
        Assert.DoesNotContain(false, Ping(1000, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void WithoutACall_OnlyTwoHoursApartAreAllowed()
    {
        Assert.Equal([true, true, true, false], Ping(4, TimeSpan.FromMinutes(119)));
        var patient = new ClientPings(TimeSpan.FromSeconds(5), _time);
        for (var i = 0; i < 20; i++)
        {
            Assert.True(patient.OnRead(_ping));
            _time.Advance(TimeSpan.FromHours(2));
        }
    }

    [Fact]
    public void CallThatEnded_IsNone()
    {
        Open(1);
        _pings.OnWritten(new FrameHead(0, FrameHead.Headers, 0x5, 1));
        // The answer forgave the strikes before it, and the ping that finds it is no strike.
        Assert.Equal([true, true, true, false], Ping(4, TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public void AnswersInBetween_ForgiveAll()
    {
        // What .NET's and Go's clients do while they receive: a ping to measure the way after each turn of data.
        Open(1);
        for (var i = 0; i < 1000; i++)
        {
            _pings.OnWritten(new FrameHead(100, FrameHead.Data, 0, 1));
            Assert.DoesNotContain(false, Ping(3, TimeSpan.Zero));
        }
    }

    [Fact]
    public void PongsSettingsAndWindows_AreNeitherPingsNorAnswers()
    {
        Open(1);
        for (var i = 0; i < 1000; i++)
            Assert.True(_pings.OnRead(_pong));
        foreach (var type in new byte[] { 3, 4, FrameHead.Ping, 8 })
            _pings.OnWritten(new FrameHead(0, type, 1, 1));
        Assert.Equal([true, true, true, false], Ping(4, TimeSpan.Zero));
    }

    private void Open(int stream) => Assert.True(_pings.OnRead(new FrameHead(10, FrameHead.Headers, 0x4, stream)));

    private List<bool> Ping(int times, TimeSpan apart)
    {
        var allowed = new List<bool>();
        for (var i = 0; i < times; i++)
        {
            allowed.Add(_pings.OnRead(_ping));
            _time.Advance(apart);
        }

        return allowed;
    }
}

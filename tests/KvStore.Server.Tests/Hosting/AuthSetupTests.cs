using KvStore.Api.Security;
using KvStore.Grpc.Server;
using KvStore.Server.Configuration;
using KvStore.Server.Hosting;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace KvStore.Server.Tests.Hosting;

public sealed class AuthSetupTests
{
    private readonly Clock _clock = new();
    private readonly Lines _lines = new();

    /// <summary>Guessing passwords needs no rights: it must not fill the log, and must be seen there.</summary>
    [Fact]
    public void RefusedLogIns_AreToldAtAPace()
    {
        var options = ServerOptionsReader.Read(Settings.Join(CommandLine.Read([]), new Dictionary<string, string>()));
        using var auth = new AuthSetup(options, new LoggerConfiguration().WriteTo.Sink(_lines).CreateLogger(), _clock);
        for (var i = 0; i < 1000; i++)
            auth.Security.OnRefused!("guest", AuthRefusalReason.UnknownUser);
        _clock.Ticks += TellingPace.TellAfter.Ticks;
        auth.Security.OnRefused!("root", AuthRefusalReason.WrongPassword);
        Assert.Equal(["\"guest\" \"UnknownUser\" 1", "\"root\" \"WrongPassword\" 1001"], _lines.Written);
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> Written { get; } = [];

        public void Emit(LogEvent logEvent)
        {
            if (logEvent.MessageTemplate.Text == "invalid authentication was requested")
                Written.Add($"{logEvent.Properties["user"]} {logEvent.Properties["reason"]} {logEvent.Properties["refused"]}");
        }
    }

    private sealed class Clock : TimeProvider
    {
        public long Ticks { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ticks;
    }
}

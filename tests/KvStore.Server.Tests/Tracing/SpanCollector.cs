using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace KvStore.Server.Tests.Tracing;

/// <summary>Takes spans as an OpenTelemetry collector does (OTLP over gRPC) and keeps the messages.</summary>
internal sealed class SpanCollector : IAsyncDisposable
{
    private const string ExportPath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _messages = new();
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SpanCollector(WebApplication app) => _app = app;

    /// <summary>host:port.</summary>
    public string Address => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;

    public static async Task<SpanCollector> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var collector = new SpanCollector(builder.Build());
        collector._app.Run(collector.ExportAsync);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Waits for a message with all these texts in it; one character per byte.</summary>
    public async Task<string> MessageWithAsync(TimeSpan limit, params string[] texts)
    {
        using var patience = new CancellationTokenSource(limit);
        while (true)
        {
            var arrived = Volatile.Read(ref _arrived).Task;
            if (_messages.FirstOrDefault(message => texts.All(text => message.Contains(text, StringComparison.Ordinal))) is { } found)
                return found;
            await arrived.WaitAsync(patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task ExportAsync(HttpContext http)
    {
        Assert.Equal(ExportPath, http.Request.Path.Value);
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        _messages.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
        http.Response.ContentType = "application/grpc";
        http.Response.DeclareTrailer("grpc-status");
        await http.Response.Body.WriteAsync(new byte[5]); // an empty message in its frame
        http.Response.AppendTrailer("grpc-status", "0");
        Interlocked.Exchange(ref _arrived, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}

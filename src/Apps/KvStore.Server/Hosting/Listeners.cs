using System.Net;
using System.Net.Sockets;
using KvStore.Grpc.Server;
using KvStore.Server.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Serilog.Extensions.Logging;

namespace KvStore.Server.Hosting;

/// <summary>One web server for one kind of listener (clients, peers, metrics): its endpoints and what answers on them.</summary>
internal static class Listeners
{
    /// <summary>Time that open requests are given when the listener stops; streams were ended before.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromMilliseconds(300);

    public static async Task<WebApplication> StartAsync(
        ListenSockets bound, IReadOnlyList<Endpoint> endpoints, string flag, GrpcKestrelOptions limits, Func<Endpoint, TlsServerOptions?> tls, Serilog.ILogger logger, Action<IApplicationBuilder> pipeline, ConnectionLimit connections, bool isForPeers = false)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(new SerilogLoggerProvider(logger));
        // Nobody reads its lines, and while it is on at any level the host makes an Activity and a log scope for every request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTime);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            GrpcKestrel.Configure(kestrel, limits);
            foreach (var endpoint in endpoints)
                Bind(kestrel, endpoint, flag, limits, tls(endpoint));
        });
        // A frame of a peer is read, checked and posted to a lane in a moment: handing it from thread to thread on the way costs more than
        // the work. Not for clients: there the hand-over lets the answers of many calls share one write.
        builder.Services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = isForPeers;
            sockets.CreateBoundListenSocket = bound.Take;
        });
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new BoundedTransport(
            new SocketTransportFactory(services.GetRequiredService<IOptions<SocketTransportOptions>>(), services.GetRequiredService<ILoggerFactory>()), connections));
        var application = builder.Build();
        pipeline(application);
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException || exception.Message.Contains("address already in use", StringComparison.Ordinal))
        {
            throw new StartException($"--{flag}: {exception.Message.TrimEnd('.')}", exception);
        }
        catch (SocketException exception)
        {
            throw new StartException($"--{flag}: {exception.Message}", exception);
        }

        return application;
    }

    private static void Bind(KestrelServerOptions kestrel, Endpoint endpoint, string flag, GrpcKestrelOptions limits, TlsServerOptions? tls)
    {
        void Use(ListenOptions listen)
        {
            if (endpoint.IsTls && tls is not null)
                listen.UseTls(tls, limits);
            else
                listen.UseClearText(limits);
        }

        if (endpoint.IsUnix)
            kestrel.ListenUnixSocket(Path.GetFullPath(endpoint.SocketPath), Use);
        else if (endpoint.Host == "localhost")
            kestrel.ListenLocalhost(endpoint.Port, Use);
        else
            kestrel.Listen(new IPEndPoint(endpoint.BindAddress(flag), endpoint.Port), Use);
    }
}

using System.Net;
using KvStore.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KvStore.Grpc.Tests;

/// <summary>A Kestrel with one room on a port of its own choosing.</summary>
internal sealed class RoomHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RoomHost(WebApplication app, GrpcRoom room)
    {
        _app = app;
        Room = room;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Port = new Uri(address).Port;
    }

    public GrpcRoom Room { get; }

    public int Port { get; }

    public string Endpoint => $"http://127.0.0.1:{Port}";

    public string TlsEndpoint => $"https://127.0.0.1:{Port}";

    public static async Task<RoomHost> StartAsync(
        Action<GrpcServiceTable> fill, GrpcRoomOptions? room = null, GrpcKestrelOptions? kestrel = null, TlsServerOptions? tls = null, int port = 0,
        RequestDelegate? rest = null)
    {
        var table = new GrpcServiceTable();
        fill(table);
        var limits = kestrel ?? new GrpcKestrelOptions();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            GrpcKestrel.Configure(options, limits);
            options.Listen(IPAddress.Loopback, port, listen =>
            {
                if (tls is null)
                    listen.UseClearText(limits);
                else
                    listen.UseTls(tls, limits);
            });
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        var made = new GrpcRoom(table, room ?? new GrpcRoomOptions());
        app.UseGrpcRoom(made);
        app.Run(rest ?? (context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return context.Response.WriteAsync("plain " + context.Request.Protocol);
        }));
        await app.StartAsync();
        return new RoomHost(app, made);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

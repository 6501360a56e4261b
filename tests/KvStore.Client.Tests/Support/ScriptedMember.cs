using System.Net;
using KvStore.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace KvStore.Client.Tests.Support;

/// <summary>A member that answers what a test tells it to, call by call.</summary>
internal sealed class ScriptedMember : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedMember(WebApplication app)
    {
        _app = app;
        Endpoint = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    public string Endpoint { get; }

    public static async Task<ScriptedMember> StartAsync(Action<GrpcServiceTable> fill)
    {
        var table = new GrpcServiceTable();
        fill(table);
        var limits = new GrpcKestrelOptions();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            GrpcKestrel.Configure(options, limits);
            options.Listen(IPAddress.Loopback, 0, listen => listen.UseClearText(limits));
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        app.UseGrpcRoom(new GrpcRoom(table, new GrpcRoomOptions()));
        await app.StartAsync();
        return new ScriptedMember(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

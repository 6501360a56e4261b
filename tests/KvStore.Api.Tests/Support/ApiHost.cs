using System.Net;
using Google.Protobuf;
using KvStore.Api.Calls;
using KvStore.Api.Gateway;
using KvStore.Api.Members;
using KvStore.Api.Security;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace KvStore.Api.Tests;

/// <summary>The services over an <see cref="InstantMember"/>, behind a real listener, with a client.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly PendingCalls _calls;
    private readonly IMember _member;
    private readonly CallerSecurity _security;
    private readonly CancellationTokenSource _stopping;

    private ApiHost(WebApplication app, PendingCalls calls, IMember member, NoPeers peers, EtcdServices services, CancellationTokenSource stopping, CallerSecurity security)
    {
        _app = app;
        _calls = calls;
        _stopping = stopping;
        _member = member;
        _security = security;
        Peers = peers;
        Services = services;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{new Uri(address).Port}") };
        Channel = new GrpcChannel(Http.BaseAddress.OriginalString, new GrpcChannelOptions { RepeatsMax = 0 });
    }

    public InstantMember Member => (InstantMember)_member;

    public NoPeers Peers { get; }

    public EtcdServices Services { get; }

    public HttpClient Http { get; }

    public GrpcChannel Channel { get; }

    public static Task<ApiHost> StartAsync(ApiOptions? options = null, CallerSecurity? security = null)
    {
        options ??= new ApiOptions { Time = TimeProvider.System };
        var calls = new PendingCalls(options);
        return ServeAsync(new InstantMember(calls), calls, options, security: security);
    }

    /// <summary>Serves a member, which is disposed with the host.</summary>
    public static async Task<ApiHost> ServeAsync(IMember member, PendingCalls calls, ApiOptions options, CallerSecurity? security = null)
    {
        var peers = new NoPeers();
        security ??= SecurityWith(new SimpleTokens(options.Time, TimeSpan.FromMinutes(5)));
        var services = new EtcdServices(member, calls, new RequestIds(member.Status.Self, entropy: 1), peers, options, security);
        var stopping = new CancellationTokenSource();
        var limits = new GrpcKestrelOptions();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            GrpcKestrel.Configure(kestrel, limits);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseClearText(limits));
        });
        var app = builder.Build();
        var room = new GrpcRoom(services.Table, new GrpcRoomOptions { Admit = services.Admit, Stopping = stopping.Token });
        var json = new JsonGateway(room);
        app.UseGrpcRoom(room).Run(http => json.AnswerAsync(http, http.Request.Path.Value!));
        await app.StartAsync();
        return new ApiHost(app, calls, member, peers, services, stopping, security);
    }

    /// <summary>Real passwords at the least cost. The host disposes the tokens.</summary>
    public static CallerSecurity SecurityWith(ICallerTokens tokens) =>
        new() { Passwords = BcryptPasswords.Instance, Tokens = tokens, BcryptCost = 4 };

    public Task<TResponse> CallAsync<TResponse>(string method, IMessage request, Metadata? headers = null, TimeSpan? timeout = null)
        where TResponse : IMessage<TResponse>, new() =>
        CallAsync(method, request.ToByteArray(), new MessageParser<TResponse>(() => new TResponse()), headers, timeout);

    /// <summary>The status of a call that is refused.</summary>
    public async Task<string> RefusalAsync(string method, IMessage request, Metadata? headers = null, TimeSpan? timeout = null)
    {
        var options = new CallOptions { Headers = headers ?? Metadata.Empty, Timeout = timeout };
        var refused = await Assert.ThrowsAsync<GrpcException>(() => Channel.UnaryAsync(Path(method), request.ToByteArray(), options));
        return refused.Status.ToString();
    }

    public static string Path(string method) => (method[0] == '/' ? "" : "/etcdserverpb.") + method;

    /// <summary>Ends the streams, as a stopping server does.</summary>
    public void Stop() => _stopping.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Channel.Dispose();
        Http.Dispose();
        Services.Dispose();
        _calls.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        (_member as IDisposable)?.Dispose();
        (_security.Tokens as IDisposable)?.Dispose();
        _stopping.Dispose();
    }

    private async Task<TResponse> CallAsync<TResponse>(
        string method, byte[] request, MessageParser<TResponse> parser, Metadata? headers, TimeSpan? timeout)
        where TResponse : IMessage<TResponse>
    {
        var options = new CallOptions { Headers = headers ?? Metadata.Empty, Timeout = timeout };
        var answer = await Channel.UnaryAsync(Path(method), request, options);
        return parser.ParseFrom(answer.Span);
    }
}

using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Grpc.Server;

/// <summary>
/// Both directions of a client's HTTP/2 connection, with what it sends judged frame by frame: the web server shows its frames to nobody
/// and has no bounds for pings and for calls that wait.
/// </summary>
internal sealed class ClientGuard : IDuplexPipe
{
    private ClientGuard(IDuplexPipe transport, ClientPings pings, CallBacklog backlog)
    {
        var exit = new FrameExit();
        Input = new GuardedInput(transport.Input, pings, backlog, exit);
        Output = new GuardedOutput(transport.Output, pings, exit);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Puts itself between a connection and its transport, where anything is demanded of clients.</summary>
    public static void Use(ConnectionContext connection, IDuplexPipe transport, GrpcKestrelOptions options)
    {
        connection.Transport = transport;
        if (options.ClientPingTimeMin is not { } timeMin)
            return;
        var backlog = new CallBacklog(options.CallsWaitingMax, options.Time);
        connection.Features.Set(backlog);
        connection.Transport = new ClientGuard(transport, new ClientPings(timeMin, options.Time), backlog);
    }

    /// <summary>A request has its thread.</summary>
    public static void OnBegun(IFeatureCollection request) => request.Get<CallBacklog>()?.OnBegun();
}

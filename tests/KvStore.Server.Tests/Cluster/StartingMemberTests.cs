using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>A member that starts serves clients when it can answer them, and not before: whoever finds it earlier goes to the next one.</summary>
public sealed class StartingMemberTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Metadata WantsLeader = new() { { "hasleader", "true" } };

    /// <summary>A client that watches one member with a leader required, and comes back as soon as it is let in, hears of no lack of one.</summary>
    [Fact]
    public async Task WatchThatWantsALeader_OnMembersThatRestart_IsOnlyEverDisconnected()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        foreach (var member in cluster.Members)
        {
            using var limit = new CancellationTokenSource(Patience);
            var (channel, watch) = await WatchAsync(cluster, member, limit.Token);
            await member.TerminateAsync();
            await Assert.ThrowsAsync<GrpcException>(async () => Assert.True(await watch.MoveNextAsync(limit.Token)));
            watch.Dispose();
            channel.Dispose();

            member.Start();
            (channel, watch) = await WatchAsync(cluster, member, limit.Token);
            await channel.PutAsync("watched", member.Name);
            Assert.True(await watch.MoveNextAsync(limit.Token));
            Assert.Equal(member.Name, watch.Current.Events.Single().Kv.Value.ToStringUtf8());
            watch.Dispose();
            channel.Dispose();
        }
    }

    /// <summary>Without a quorum there is nothing to serve; whoever watches over the member sees why, and a signal ends it.</summary>
    [Fact]
    public async Task MemberWithoutALeader_RefusesConnectionsShowsItsHealthAndStops()
    {
        using var folder = new TestFolder();
        var metrics = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        var members = ServerProcess.Cluster(Checkout.Server, folder.Path, 3, "http", name => name == "m1" ? ["--listen-metrics-urls", metrics] : []);
        using var alone = members[0];
        using var second = members[1];
        alone.Start();
        using var http = new HttpClient();
        await UntilAnsweredAsync(http, new Uri(metrics + "/health"), HttpStatusCode.ServiceUnavailable);
        Assert.Contains("etcd", await http.GetStringAsync(new Uri(metrics + "/metrics")), StringComparison.Ordinal);
        Assert.Equal(SocketError.ConnectionRefused, await ConnectAsync(alone));
        Assert.DoesNotContain("ready to serve", alone.Process.Errors, StringComparison.Ordinal);

        second.Start();
        await alone.UntilReadyAsync(Patience);
        Assert.Equal(SocketError.Success, await ConnectAsync(alone));
        await UntilAnsweredAsync(http, new Uri(metrics + "/health"), HttpStatusCode.OK);

        // Again without a quorum: it ends in order, and soon.
        await second.KillAsync();
        await alone.KillAsync();
        alone.Start();
        await UntilAnsweredAsync(http, new Uri(metrics + "/health"), HttpStatusCode.ServiceUnavailable);
        Assert.Equal(SocketError.ConnectionRefused, await ConnectAsync(alone));
        alone.Process.Signal(ChildProcess.SignalTerminate);
        await alone.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, alone.Process.ExitCode);
        Assert.Contains("closed the member", alone.Process.Errors, StringComparison.Ordinal);
    }

    /// <summary>A watch that was confirmed. Tries as often as the connection fails; any other refusal ends the test.</summary>
    private static async Task<(GrpcChannel Channel, DuplexCall<WatchRequest, WatchResponse> Watch)> WatchAsync(TlsCluster cluster, ServerProcess member, CancellationToken limit)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (true)
        {
            var channel = cluster.Connect(member);
            var watch = channel.Duplex<WatchRequest, WatchResponse>("/etcdserverpb.Watch/Watch", WatchResponse.Parser, new CallOptions { Headers = WantsLeader }, limit);
            try
            {
                await watch.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("watched") } }, limit);
                Assert.True(await watch.MoveNextAsync(limit));
                Assert.True(watch.Current is { Created: true, Canceled: false }, watch.Current.CancelReason);
                return (channel, watch);
            }
            catch (GrpcException refusal)
            {
                Assert.DoesNotContain("etcdserver", refusal.Message, StringComparison.Ordinal);
                watch.Dispose();
                channel.Dispose();
            }

            await poll.WaitForNextTickAsync(limit);
        }
    }

    private static async Task UntilAnsweredAsync(HttpClient http, Uri url, HttpStatusCode status)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(url, limit.Token);
                if (answer.StatusCode == status)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await poll.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task<SocketError> ConnectAsync(ServerProcess member)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, member.ClientPort);
            return SocketError.Success;
        }
        catch (SocketException refusal)
        {
            return refusal.SocketErrorCode;
        }
    }
}

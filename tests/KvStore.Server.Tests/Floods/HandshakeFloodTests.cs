using System.Net;
using System.Net.Sockets;
using KvStore.Client;
using KvStore.Server.Tests.Cluster;
using KvStore.Testing.Processes;
using Xunit.Abstractions;

namespace KvStore.Server.Tests.Floods;

/// <summary>
/// Connections that never finish their TLS handshake, on the ports of clients and of peers: who has a certificate gets in beside them, they
/// are closed when their time is over, and what they cost is bounded.
/// </summary>
public sealed class HandshakeFloodTests(ITestOutputHelper output)
{
    private const int OnEachPort = 500;

    /// <summary>Beyond a member that just started. 40 MiB were seen.</summary>
    private const long GrownBytesMax = 256L << 20;

    /// <summary>What a member holds open besides connections changes by a few.</summary>
    private const int OtherDescriptors = 20;

    /// <summary>A handshake has ten seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>The first bytes of a ClientHello: 512 bytes are announced, and nothing more comes.</summary>
    private static readonly byte[] Begun = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3];

    [Fact]
    public async Task Handshakes_ThatNeverEnd_KeepNobodyOutAndAreClosed()
    {
        using var cluster = await TlsCluster.StartAsync(1);
        var member = cluster.Members[0];
        var prng = new Random(1);
        await PutAsync(cluster);
        var before = ProcessFigures.Of(member.Process.Id);
        var connections = new List<Socket>();
        try
        {
            foreach (var port in new[] { member.ClientPort, member.PeerPort })
            {
                for (var i = 0; i < OnEachPort; i++)
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    connections.Add(socket);
                    var noise = new byte[1 + prng.Next(500)];
                    prng.NextBytes(noise);
                    byte[] said = (i % 3) switch { 0 => [], 1 => Begun, _ => noise };
                    try
                    {
                        await socket.ConnectAsync(IPAddress.Loopback, port);
                        await socket.SendAsync(said);
                    }
                    catch (SocketException)
                    {
                        // Refused at once: noise, and more than may shake hands at a time on the port of peers.
                    }
                }

                await PutAsync(cluster);
            }

            var during = ProcessFigures.Of(member.Process.Id);
            Assert.True(during.Descriptors > before.Descriptors + (OnEachPort / 2), $"{during.Descriptors} descriptors: the flood was none");
            await UntilClosedAsync(member, before.Descriptors + OtherDescriptors);
            await PutAsync(cluster);
            var after = ProcessFigures.Of(member.Process.Id);
            output.WriteLine($"{before} {during} {after}");
            Assert.InRange(Math.Max(during.ResidentBytes, after.ResidentBytes) - before.ResidentBytes, long.MinValue, GrownBytesMax);
        }
        finally
        {
            connections.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task PutAsync(TlsCluster cluster)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var client = new KvClient(new KvClientOptions { Endpoints = [TlsCluster.Url(cluster.Members[0])], Tls = cluster.ClientTls() });
        await client.Kv.PutAsync("k", "v", cancellationToken: limit.Token);
    }

    private static async Task UntilClosedAsync(ServerProcess member, int descriptors)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (ProcessFigures.Of(member.Process.Id).Descriptors > descriptors)
            await poll.WaitForNextTickAsync(limit.Token);
    }
}

using System.Net;
using KvStore.Server.Configuration;
using KvStore.Server.Hosting;

namespace KvStore.Server.Tests.Hosting;

public sealed class ListenSocketsTests
{
    /// <summary>Any port that is free, for clients and for members: two of them, as in etcd.</summary>
    [Fact]
    public void PortZero_OfTwoListeners_IsAPortForEach()
    {
        using var sockets = new ListenSockets(sharesPorts: false);
        sockets.Bind("listen-client-urls", [Endpoint.Parse("listen-client-urls", "http://127.0.0.1:0")]);
        sockets.Bind("listen-peer-urls", [Endpoint.Parse("listen-peer-urls", "http://127.0.0.1:0")]);
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        using var one = sockets.Take(any);
        using var other = sockets.Take(any);
        Assert.NotEqual(one.LocalEndPoint, other.LocalEndPoint);
    }
}

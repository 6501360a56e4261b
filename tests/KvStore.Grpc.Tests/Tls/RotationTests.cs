using System.Collections.Concurrent;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests.Tls;

/// <summary>Certificates that are replaced while both sides run (C16): two authorities at once, links that are swapped, chains.</summary>
public sealed class RotationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Both authorities have one name, as tools that renew an authority make them.
    private readonly CertificateFolder _old = new("the authority");
    private readonly CertificateFolder _new = new("the authority");
    private readonly string _folder = Directory.CreateTempSubdirectory("kvstore-rotation-").FullName;
    private readonly BlockingCollection<string> _rejected = [];
    private readonly BlockingCollection<TlsMaterial> _replaced = [];

    public void Dispose()
    {
        _old.Dispose();
        _new.Dispose();
        _rejected.Dispose();
        _replaced.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TwoAuthoritiesOfOneName_BothCount(bool newFirst)
    {
        foreach (var authority in new[] { _old, _new })
        {
            authority.Sign("server", forClient: false);
            authority.Sign("alice", forServer: false);
        }

        var both = newFirst ? new[] { _new, _old } : [_old, _new];
        await File.WriteAllTextAsync(Own("ca.pem"), string.Concat(both.Select(authority => File.ReadAllText(authority.CaFile) + "\n")));
        await using var oldHost = await StartAsync(Server(_old.PathOf("server"), Own("ca.pem")));
        await using var newHost = await StartAsync(Server(_new.PathOf("server"), Own("ca.pem")));
        foreach (var host in new[] { oldHost, newHost })
        {
            foreach (var authority in both)
            {
                using var channel = Channel(host, authority.PathOf("alice"), Own("ca.pem"));
                await channel.UnaryAsync(TestMethods.Echo.Path, default);
            }
        }

        Assert.Empty(_rejected);
    }

    [Fact]
    public async Task Authority_TakenOffTheBundle_CountsNoMore()
    {
        _new.Sign("server", forClient: false);
        _old.Sign("alice", forServer: false);
        await File.WriteAllTextAsync(Own("ca.pem"), await File.ReadAllTextAsync(_old.CaFile) + "\n" + await File.ReadAllTextAsync(_new.CaFile));
        await using var host = await StartAsync(Server(_new.PathOf("server"), Own("ca.pem")));
        using (var before = Channel(host, _old.PathOf("alice"), _new.CaFile))
            await before.UnaryAsync(TestMethods.Echo.Path, default);
        File.Copy(_new.CaFile, Own("ca.pem"), overwrite: true);
        using var after = Channel(host, _old.PathOf("alice"), _new.CaFile);
        await Assert.ThrowsAsync<GrpcException>(() => after.UnaryAsync(TestMethods.Echo.Path, default));
        Assert.True(_rejected.TryTake(out var reason, Patience));
        Assert.StartsWith("x509: ", reason, StringComparison.Ordinal);
        Assert.Single(_replaced);
    }

    [Fact]
    public async Task MountedSecret_SwappedByItsLink_IsSeen()
    {
        // As the kubelet mounts it: name -> ..data/name, ..data -> ..generation; only ..data is replaced. Length and time of the links
        // named in the options never change.
        var second = MakeGeneration("..2");
        var first = MakeGeneration("..1");
        Directory.CreateSymbolicLink(Own("..data"), "..1");
        foreach (var name in new[] { "server.pem", "server.key" })
            File.CreateSymbolicLink(Own(name), Path.Combine("..data", name));
        await using var host = await StartAsync(Server(Own("server"), _old.CaFile) with { ClientCaFile = null });
        Assert.Equal(first, await TlsTests.ServerSerialAsync(host));

        Directory.Delete(Own("..data"));
        Directory.CreateSymbolicLink(Own("..data"), "..2");
        Assert.Equal(second, await TlsTests.ServerSerialAsync(host));
    }

    [Fact]
    public async Task Certificate_BeforeItsKey_KeepsTheOneBeforeUntilBothFit()
    {
        _old.Sign("server", forClient: false);
        Take("server.pem", "server.key");
        await using var host = await StartAsync(Server(Own("server"), _old.CaFile) with { ClientCaFile = null });
        var first = await TlsTests.ServerSerialAsync(host);
        var renewed = _old.Sign("server", forClient: false);
        Take("server.pem");
        Assert.Equal(first, await TlsTests.ServerSerialAsync(host));
        Assert.Empty(_replaced);
        Take("server.key");
        Assert.Equal(renewed.SerialNumber, await TlsTests.ServerSerialAsync(host));
        Assert.Equal(renewed.SerialNumber, Assert.Single(_replaced).Certificate!.SerialNumber);
    }

    [Fact]
    public async Task Intermediates_AreSentByBothSides()
    {
        using var between = _old.MakeIntermediate();
        between.Sign("server", forClient: false);
        between.Sign("alice", forServer: false);
        await using var host = await StartAsync(Server(between.PathOf("server"), _old.CaFile));
        using var channel = Channel(host, between.PathOf("alice"), _old.CaFile);
        await channel.UnaryAsync(TestMethods.Echo.Path, default);
        Assert.Empty(_rejected);
    }

    private string Own(string name) => Path.Combine(_folder, name);

    private string MakeGeneration(string generation)
    {
        var serial = _old.Sign("server", forClient: false).SerialNumber;
        Directory.CreateDirectory(Own(generation));
        Take(Path.Combine(generation, "server.pem"), Path.Combine(generation, "server.key"));
        return serial;
    }

    private void Take(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            File.Copy(_old.PathOf(Path.GetFileName(name)), Own(name), overwrite: true);
    }

    private TlsServerOptions Server(string certificate, string authorities) => new()
    {
        CertificateFile = certificate + ".pem",
        KeyFile = certificate + ".key",
        ClientCaFile = authorities,
        OnRejected = (_, reason) => _rejected.Add(reason),
        OnReplaced = material => _replaced.Add(material),
    };

    private static Task<RoomHost> StartAsync(TlsServerOptions tls) => RoomHost.StartAsync(
        table => table.Unary(TestMethods.Echo, (_, _, response) =>
        {
            response.WriteMessage("here"u8);
            return ValueTask.CompletedTask;
        }),
        tls: tls);

    private static GrpcChannel Channel(RoomHost host, string certificate, string authorities) => new(host.TlsEndpoint, new GrpcChannelOptions
    {
        Tls = new TlsClientOptions { CaFile = authorities, CertificateFile = certificate + ".pem", KeyFile = certificate + ".key" },
    });
}

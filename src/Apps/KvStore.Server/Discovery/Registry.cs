using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Server.Configuration;

namespace KvStore.Server.Discovery;

/// <summary>
/// What a discovery service keeps of one new cluster, by the keys that etcd's members use:
/// <code>
///   /_etcd/registry/{token}/_config/size      how many members there will be, in decimal; an operator writes it
///   /_etcd/registry/{token}/members/{id}      name=url,name=url of one that has come; the id in hexadecimal
/// </code>
/// One caller at a time.
/// </summary>
internal sealed class Registry : IDisposable
{
    private readonly DiscoverySettings _settings;
    private readonly GrpcChannel _channel;
    private readonly string _folder;
    private CallOptions _options;

    public Registry(DiscoverySettings settings)
    {
        _settings = settings;
        _channel = new GrpcChannel(settings.Endpoints, new GrpcChannelOptions
        {
            Tls = settings.Tls,
            ConnectTimeout = settings.DialTimeout,
            KeepAliveTime = settings.KeepAliveTime > TimeSpan.Zero ? settings.KeepAliveTime : null,
            KeepAliveTimeout = settings.KeepAliveTimeout,
        });
        _folder = $"/_etcd/registry/{settings.Token}/";
        _options = new CallOptions { Timeout = settings.RequestTimeout };
    }

    /// <summary>Makes calls those of the user, where one is named. A token ends: again after each failure.</summary>
    public async Task LogInAsync(CancellationToken stop)
    {
        if (_settings.User.Length == 0)
            return;
        var request = new AuthenticateRequest { Name = _settings.User, Password = _settings.Password };
        var plain = new CallOptions { Timeout = _settings.RequestTimeout };
        var answer = await _channel.UnaryAsync("/etcdserverpb.Auth/Authenticate", request, AuthenticateResponse.Parser, plain, stop).ConfigureAwait(false);
        var headers = new Metadata();
        headers.Add("token", answer.Token);
        _options = plain with { Headers = headers };
    }

    /// <summary>Null when nobody has written it.</summary>
    public async Task<string?> ReadSizeAsync(CancellationToken stop)
    {
        var answer = await RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8(_folder + "_config/size") }, stop).ConfigureAwait(false);
        return answer.Kvs.Count == 0 ? null : answer.Kvs[0].Value.ToStringUtf8();
    }

    /// <summary>The ids and contents of those that have come, in the order of coming.</summary>
    public async Task<IReadOnlyList<(string Id, string Member)>> ReadMembersAsync(CancellationToken stop)
    {
        var prefix = _folder + "members/";
        // '0' follows '/': all keys that begin with the prefix.
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8(prefix), RangeEnd = ByteString.CopyFromUtf8(prefix[..^1] + "0") };
        var answer = await RangeAsync(request, stop).ConfigureAwait(false);
        return
        [
            .. answer.Kvs.OrderBy(entry => entry.CreateRevision)
                .Select(entry => (entry.Key.ToStringUtf8()[prefix.Length..].Trim(), entry.Value.ToStringUtf8().Trim()))
                .Where(entry => entry.Item2.Contains('=', StringComparison.Ordinal)),
        ];
    }

    public async Task RegisterAsync(MemberId self, string member, CancellationToken stop)
    {
        var put = new PutRequest { Key = ByteString.CopyFromUtf8($"{_folder}members/{self}"), Value = ByteString.CopyFromUtf8(member) };
        await _channel.UnaryAsync("/etcdserverpb.KV/Put", put, PutResponse.Parser, _options, stop).ConfigureAwait(false);
    }

    public void Dispose() => _channel.Dispose();

    private Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken stop) =>
        _channel.UnaryAsync("/etcdserverpb.KV/Range", request, RangeResponse.Parser, _options, stop);
}

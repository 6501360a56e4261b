using System.Reflection;
using Google.Protobuf.Reflection;
using KvStore.Api;
using KvStore.Api.Calls;
using KvStore.Api.Members;
using KvStore.Api.Security;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Health;
using KvStore.Protocol.Lock;
using KvStore.Protocol.Memberships;

namespace KvStore.Architecture.Tests;

/// <summary>Every rpc of every public proto is answered, or is on the list of those still missing; nothing is both or neither.</summary>
public sealed class RpcTests : IDisposable
{
    private readonly PendingCalls _calls;
    private readonly SimpleTokens _tokens;
    private readonly EtcdServices _services;

    public RpcTests()
    {
        var options = new ApiOptions { Time = new StandingTime() };
        _calls = new PendingCalls(options);
        _tokens = new SimpleTokens(options.Time, TimeSpan.FromMinutes(5));
        var security = new CallerSecurity { Passwords = DispatchProxy.Create<IPasswordHashes, Nobody>(), Tokens = _tokens };
        _services = new EtcdServices(
            DispatchProxy.Create<IMember, Nobody>(), _calls, new RequestIds(new MemberId(1), entropy: 1), DispatchProxy.Create<IPeerCalls, Nobody>(), options, security);
    }

    [Fact]
    public void EveryRpc_HasAHandlerOrIsOnTheListOfTheMissing()
    {
        var inProtos = Files().SelectMany(static file => file.Services).SelectMany(static service => service.Methods)
            .Select(static method => $"/{method.Service.FullName}/{method.Name}");
        var answered = _services.Table.Counters.Select(static counters => counters.Method.Path);
        // A list, not a set: a path that is answered and listed would stand in it twice.
        Assert.Equal(Sorted(inProtos), Sorted(answered.Concat(MissingRpcs.Paths)));
    }

    public void Dispose()
    {
        _services.Dispose();
        _tokens.Dispose();
        _calls.Dispose();
    }

    private static FileDescriptor[] Files() =>
        [RpcReflection.Descriptor, ElectionReflection.Descriptor, LockReflection.Descriptor, HealthReflection.Descriptor, MembershipReflection.Descriptor];

    private static List<string> Sorted(IEnumerable<string> paths) => [.. paths.Order(StringComparer.Ordinal)];

    /// <summary>Stands for a member and for others: the table is filled without asking anybody.</summary>
    public class Nobody : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            throw new InvalidOperationException($"nobody answers {targetMethod?.Name}");
    }

    /// <summary>No timer fires: nobody would answer what it asks.</summary>
    private sealed class StandingTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}

using KvStore.Api.Members;
using KvStore.Grpc.Server;

namespace KvStore.Api.Watch;

/// <summary>
/// Ends the streams of clients that want a leader (metadata hasleader) when there has been none for three election timeouts, as
/// etcd's stream interceptor does. One timer for all of them.
/// </summary>
public sealed class LeaderMonitor : IDisposable
{
    private const int MissesMax = 3;

    private readonly IMember _member;
    private readonly ITimer _timer;
    private CancellationTokenSource _lost = new();
    private int _misses;

    public LeaderMonitor(IMember member, ApiOptions options)
    {
        _member = member;
        _timer = options.Time.CreateTimer(static monitor => ((LeaderMonitor)monitor!).Look(), this, options.ElectionTimeout, options.ElectionTimeout);
    }

    /// <summary>Ends when the present leadership is given up; a new one after a leader was seen again.</summary>
    public CancellationToken LeaderLost => Volatile.Read(ref _lost).Token;

    /// <summary>What ends a stream: its call, and the loss of the leader if its client asked for one.</summary>
    internal CancellationTokenSource Link(ServerCall call, out CancellationToken leaderLost)
    {
        leaderLost = RequestRules.WantsLeader(call) ? LeaderLost : CancellationToken.None;
        return CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, leaderLost);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _lost.Dispose();
    }

    private void Look()
    {
        if (_member.Status.HasLeader)
        {
            _misses = 0;
            if (_lost.IsCancellationRequested)
                Volatile.Write(ref _lost, new CancellationTokenSource());
        }
        else if (++_misses == MissesMax)
        {
            _lost.Cancel();
        }
    }
}

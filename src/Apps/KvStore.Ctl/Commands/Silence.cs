using System.Diagnostics;
using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Grpc;
using KvStore.Protocol.Memberships;

namespace KvStore.Ctl.Commands;

/// <summary>
/// Asks until somebody answers: what a member that dies, or an election, leaves unanswered is asked again by the caller's next round,
/// until nobody has answered for too long. Asks the members that answers have named, too: those of the command line may go.
/// </summary>
internal sealed class Silence(Invocation call, TimeSpan limit) : IDisposable
{
    private const string PrivateScheme = "https://";

    private readonly HashSet<string> _endpoints = [.. call.ClientOptions.Endpoints];
    private readonly bool _isPrivate = call.ClientOptions.Endpoints.All(static url => url.StartsWith(PrivateScheme, StringComparison.OrdinalIgnoreCase));
    private KvClient? _learned;
    private long _since = Stopwatch.GetTimestamp();

    /// <summary>Null when nobody answered this time.</summary>
    public async Task<T?> BreakAsync<T>(Func<KvClient, Task<T>> ask)
        where T : class
    {
        try
        {
            var answer = await ask(_learned ?? call.Client).ConfigureAwait(false);
            _since = Stopwatch.GetTimestamp();
            return answer;
        }
        catch (GrpcException unanswered) when (IsPassing(unanswered) && Stopwatch.GetElapsedTime(_since) < limit)
        {
            return null;
        }
    }

    /// <summary>
    /// Voters only: a learner answers nothing of the kind. Who was given nothing but https is not led to send a password in clear text.
    /// </summary>
    public void Know(ProgressResponse seen)
    {
        var urls = seen.Members.Where(static member => !member.Member.IsLearner).SelectMany(static member => member.Member.ClientURLs)
            .Where(url => !_isPrivate || url.StartsWith(PrivateScheme, StringComparison.OrdinalIgnoreCase)).ToList();
        if (urls.Count == 0 || urls.TrueForAll(_endpoints.Contains))
            return;
        _endpoints.UnionWith(urls);
        _learned?.Dispose();
        _learned = new KvClient(call.ClientOptions with { Endpoints = [.. _endpoints] });
    }

    public void Dispose() => _learned?.Dispose();

    private bool IsPassing(GrpcException unanswered) => !call.Stopping.IsCancellationRequested
        && (unanswered.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Canceled or StatusCode.ResourceExhausted
            || unanswered.Message == "etcdserver: rpc not supported for learner");
}

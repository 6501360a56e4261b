using KvStore.Api.Members;
using KvStore.Node.Watch;

namespace KvStore.Api.Watch;

/// <summary>Hands messages to the Watch lane; waits while it is full. The order of one sender is kept.</summary>
internal sealed class LanePost(IMember member, ApiOptions options)
{
    public ValueTask PostAsync(in WatchMessage message, CancellationToken cancellationToken) =>
        member.TryPost(message) ? ValueTask.CompletedTask : RetryAsync(message, cancellationToken);

    private async ValueTask RetryAsync(WatchMessage message, CancellationToken cancellationToken)
    {
        do
            await Task.Delay(options.LaneRetryInterval, options.Time, cancellationToken).ConfigureAwait(false);
        while (!member.TryPost(message));
    }
}

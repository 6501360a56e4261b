using System.Runtime.CompilerServices;
using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>
/// Elections of one leader, in one line with those of etcd's clients (`concurrency.Election`) and of `etcdctl elect` and `kvctl elect`.
/// </summary>
public static class Elections
{
    /// <summary>Waits until elected.</summary>
    /// <param name="session">The session with which the office ends at the latest. It stands in each election once.</param>
    /// <param name="election">The election's name: the prefix of the candidates' keys, without the slash at its end.</param>
    /// <param name="value">What is proclaimed, for instance where the leader can be reached.</param>
    /// <param name="cancellationToken">Ends the candidacy.</param>
    /// <exception cref="PlaceLostException">The session was lost while waiting.</exception>
    /// <exception cref="InvalidOperationException">The session is a candidate already.</exception>
    /// <exception cref="Grpc.GrpcException">The server refused, for instance for want of permission.</exception>
    public static async Task<Leadership> CampaignAsync(this Session session, KvBytes election, KvBytes value, CancellationToken cancellationToken = default)
    {
        var line = new WaitingLine(session, election);
        var place = await line.WaitAsync(value, cancellationToken).ConfigureAwait(false);
        return new Leadership(session, line, place);
    }

    /// <summary>The leader's key, whose value is what it proclaims; null when there is none.</summary>
    /// <exception cref="Grpc.GrpcException">The read was refused or nobody answered in time.</exception>
    public static async Task<KvEntry?> LeaderAsync(this KvClient client, KvBytes election, CancellationToken cancellationToken = default) =>
        (await LookAsync(client, election, cancellationToken).ConfigureAwait(false)).Leader;

    /// <summary>
    /// The leader of now, and each change of the office or of what is proclaimed, until the token ends it. Of changes in quick
    /// succession only the last may be seen; null while there is no leader.
    /// </summary>
    /// <exception cref="Grpc.GrpcException">The server refused for good.</exception>
    public static async IAsyncEnumerable<KvEntry?> ObserveLeaderAsync(
        this KvClient client, KvBytes election, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Revision? told = null;
        while (true)
        {
            var (leader, revision) = await LookAsync(client, election, cancellationToken).ConfigureAwait(false);
            var current = leader?.ModRevision ?? Revision.Zero;
            if (told != current)
                yield return leader;
            told = current;
            await UntilChangedAsync(client, election, revision, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<(KvEntry? Leader, Revision Seen)> LookAsync(KvClient client, KvBytes election, CancellationToken cancellationToken)
    {
        var first = new RangeOptions { OrderBy = KeyOrder.CreateRevision, EntriesMax = 1 };
        var answer = await client.Kv.GetRangeAsync(KeyRange.Prefix(WaitingLine.PrefixOf(election)), first, cancellationToken).ConfigureAwait(false);
        return (answer.Entries is [var leader, ..] ? leader : null, answer.Revision);
    }

    private static async Task UntilChangedAsync(KvClient client, KvBytes election, Revision seen, CancellationToken cancellationToken)
    {
        try
        {
            var options = new WatchOptions { From = seen.Next };
            await foreach (var batch in client.Watch.WatchAsync(KeyRange.Prefix(WaitingLine.PrefixOf(election)), options, cancellationToken).ConfigureAwait(false))
            {
                if (!batch.IsProgress)
                    return;
            }
        }
        catch (CompactedException)
        {
            // What was missed is found by looking again.
        }
    }
}

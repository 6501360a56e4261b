using Google.Protobuf;
using KvStore.Api.Members;
using KvStore.Grpc;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Maintenance;

/// <summary>
/// Compares this member's key space with the others' by their hashes at one revision (HashKV): equal entries must have made equal
/// states. At the start a member that differs does not serve; later the leader raises the CORRUPT alarm for who differs, and the
/// cluster refuses what writes until somebody has looked (C15).
/// </summary>
public sealed class CorruptionCheck(IMember member, NodeGateway gateway, IPeerCalls peers, ApiOptions options)
{
    internal const string Method = "hashkv";

    private Revision _checkedCompaction;

    /// <summary>Told of each member that an alarm is raised for.</summary>
    public Action<MemberId>? OnCorrupt { get; init; }

    /// <summary>
    /// Whether this member may serve: false when another one has another state at this one's revision. Who cannot be reached, or is at
    /// other revisions, says nothing.
    /// </summary>
    public async Task<bool> IsSoundAsync(CancellationToken stopping)
    {
        var own = await OwnAsync(Revision.Zero).ConfigureAwait(false);
        if (own is null)
            return true;
        var others = await OthersAsync(own, stopping).ConfigureAwait(false);
        return others.All(other => !Differs(own, other.Hash));
    }

    /// <summary>Runs until cancelled, on the leader alone.</summary>
    /// <param name="interval">--corrupt-check-time or --compact-hash-check-time.</param>
    /// <param name="ofCompactions">True: only the state at the last compaction, once for each.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task RunAsync(TimeSpan interval, bool ofCompactions, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                if (member.Status.IsLeader && (!ofCompactions || HasNewCompaction()))
                    await CheckAsync(ofCompactions, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }

    /// <summary>One comparison; raises the alarm for who differs.</summary>
    internal async Task CheckAsync(bool atCompaction, CancellationToken stopping)
    {
        // Behind the others' writes this one would compare what it no longer leads.
        if ((await gateway.ReadAsync(call: null).ConfigureAwait(false)).Error is not null)
            return;
        var own = await OwnAsync(atCompaction ? Compacted() : Revision.Zero).ConfigureAwait(false);
        if (own is null)
            return;
        var others = await OthersAsync(own, stopping).ConfigureAwait(false);
        foreach (var corrupt in Different(member.Status.Self, own, others, member.Status.Members.Count))
            await RaiseAsync(corrupt).ConfigureAwait(false);
        if (atCompaction)
            _checkedCompaction = new Revision(own.HashRevision);
    }

    /// <summary>
    /// Who differs: a majority with one state is right, whoever leads it; without one nobody can say more than that it is not the
    /// leader's.
    /// </summary>
    internal static IReadOnlyList<MemberId> Different(MemberId self, HashKVResponse own, IReadOnlyList<(MemberId Member, HashKVResponse Hash)> others, int members)
    {
        (MemberId Member, uint Hash)[] comparable =
            [(self, own.Hash), .. others.Where(other => other.Hash.CompactRevision == own.CompactRevision).Select(other => (other.Member, other.Hash.Hash))];
        var largest = comparable.GroupBy(member => member.Hash).MaxBy(group => group.Count())!;
        var right = largest.Count() > members / 2 ? largest.Key : own.Hash;
        return [.. comparable.Where(member => member.Hash != right).Select(member => member.Member)];
    }

    /// <summary>What another member asked: the hash at its revision.</summary>
    internal ValueTask<Reply> AnswerAsync(ReadOnlyMemory<byte> request) =>
        gateway.HashKeyValuesAsync(call: null, new Revision(HashKVRequest.Parser.ParseFrom(request.Span).Revision));

    private static bool Differs(HashKVResponse own, HashKVResponse other) => own.CompactRevision == other.CompactRevision && own.Hash != other.Hash;

    private async Task<HashKVResponse?> OwnAsync(Revision at)
    {
        var reply = await gateway.HashKeyValuesAsync(call: null, at).ConfigureAwait(false);
        return reply.Error is null ? HashKVResponse.Parser.ParseFrom(reply.Body.Span) : null;
    }

    private async Task<IReadOnlyList<(MemberId Member, HashKVResponse Hash)>> OthersAsync(HashKVResponse own, CancellationToken stopping)
    {
        var self = member.Status.Self;
        var request = new HashKVRequest { Revision = own.HashRevision }.ToByteArray();
        var answers = await Task.WhenAll(member.Status.Members.Where(info => info.Id != self).Select(info => AskAsync(info, request, stopping))).ConfigureAwait(false);
        return [.. answers.Where(answer => answer.Hash is not null).Select(answer => (answer.Member, answer.Hash!))];
    }

    private async Task<(MemberId Member, HashKVResponse? Hash)> AskAsync(MemberInfo info, byte[] request, CancellationToken stopping)
    {
        try
        {
            var answer = await peers.CallAsync(info.Id, Method, request, stopping).ConfigureAwait(false);
            return (info.Id, HashKVResponse.Parser.ParseFrom(answer.Span));
        }
        catch (Exception silent) when (silent is GrpcException or InvalidProtocolBufferException)
        {
            // Not there, not so far yet, compacted further, or of another build: it cannot be compared now.
            return (info.Id, null);
        }
    }

    private async Task RaiseAsync(MemberId corrupt)
    {
        if (member.Applied.Alarms.Any(alarm => alarm.Member == corrupt && alarm.Kind == AlarmKind.Corrupt))
            return;
        var alarm = new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Activate, MemberID = corrupt.Value, Alarm = AlarmType.Corrupt };
        var reply = await gateway.ProposeForNobodyAsync(call: null, CommandKind.Alarm, alarm.ToByteArray()).ConfigureAwait(false);
        if (reply.Error is null)
            OnCorrupt?.Invoke(corrupt);
    }

    private bool HasNewCompaction() => Compacted() > _checkedCompaction;

    private Revision Compacted()
    {
        using var view = member.OpenView();
        return view.Compacted;
    }
}

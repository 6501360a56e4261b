using System.Text;
using Google.Protobuf;
using KvStore.Node.Snapshots;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Ctl.Output;

/// <summary>The human format, which scripts read all the same.</summary>
internal sealed class SimplePrinter(bool hex, TextWriter output) : Printer(output)
{
    /// <summary>`--print-value-only`.</summary>
    public bool ValuesOnly { get; set; }

    protected override string Format => "simple";

    public override void Get(RangeResponse answer)
    {
        foreach (var pair in answer.Kvs)
            Pair(pair);
    }

    public override void Put(PutResponse answer)
    {
        Line("OK");
        if (answer.PrevKv is { } before)
            Pair(before);
    }

    public override void Del(DeleteRangeResponse answer)
    {
        Line(Rows.Number(answer.Deleted));
        foreach (var pair in answer.PrevKvs)
            Pair(pair);
    }

    public override void Txn(TxnResponse answer)
    {
        Line(answer.Succeeded ? "SUCCESS" : "FAILURE");
        foreach (var response in answer.Responses)
        {
            Line("");
            TxnPart.Print(this, response);
        }
    }

    public override void Watch(WatchResponse answer)
    {
        foreach (var change in answer.Events)
        {
            Line(change.Type == Event.Types.EventType.Put ? "PUT" : "DELETE");
            if (change.PrevKv is { } before)
                Pair(before);
            Pair(change.Kv);
        }
    }

    public override void Grant(LeaseGrantResponse answer) => Line($"lease {answer.ID:x16} granted with TTL({answer.TTL}s)");

    public override void Revoke(long id, LeaseRevokeResponse answer) => Line($"lease {id:x16} revoked");

    public override void KeepAlive(LeaseKeepAliveResponse answer) => Line($"lease {answer.ID:x16} keepalived with TTL({answer.TTL})");

    public override void TimeToLive(LeaseTimeToLiveResponse answer, bool withKeys)
    {
        if (answer is { GrantedTTL: 0, TTL: -1 })
        {
            Line($"lease {answer.ID:x16} already expired");
            return;
        }

        var keys = withKeys ? $", attached keys([{string.Join(' ', answer.Keys.Select(GoText.OfBytes))}])" : "";
        Line($"lease {answer.ID:x16} granted with TTL({answer.GrantedTTL}s), remaining({answer.TTL}s){keys}");
    }

    public override void Leases(LeaseLeasesResponse answer)
    {
        Line($"found {answer.Leases.Count} leases");
        foreach (var lease in answer.Leases)
            Line($"{lease.ID:x16}");
    }

    public override void MemberAdd(MemberAddResponse answer) =>
        Line($"Member {answer.Member.ID,16:x} added{(answer.Member.IsLearner ? " as learner " : " ")}to cluster {answer.Header.ClusterId,16:x}");

    public override void MemberRemove(ulong id, MemberRemoveResponse answer) =>
        Line($"Member {id,16:x} removed from cluster {answer.Header.ClusterId,16:x}");

    public override void MemberUpdate(ulong id, MemberUpdateResponse answer) =>
        Line($"Member {id,16:x} updated in cluster {answer.Header.ClusterId,16:x}");

    public override void MemberPromote(ulong id, MemberPromoteResponse answer) =>
        Line($"Member {id,16:x} promoted in cluster {answer.Header.ClusterId,16:x}");

    public override void MemberList(MemberListResponse answer) => Lines(answer.Members.Select(Rows.Of));

    public override void EndpointHealth(IReadOnlyList<EndpointHealth> endpoints, TextWriter errors)
    {
        foreach (var endpoint in endpoints)
        {
            if (endpoint.Error.Length == 0)
                Line($"{endpoint.Endpoint} is healthy: successfully committed proposal: took = {GoNumbers.Duration(endpoint.Took)}");
            else
                errors.Write($"{endpoint.Endpoint} is unhealthy: failed to commit proposal: {endpoint.Error}\n");
        }
    }

    public override void EndpointStatus(IReadOnlyList<EndpointStatus> endpoints) => Lines(endpoints.Select(Rows.Of));

    public override void EndpointHash(IReadOnlyList<EndpointHash> endpoints) => Lines(endpoints.Select(Rows.Of));

    public override void SnapshotHash(SnapshotHash hash) => Line(string.Join(", ", Rows.Of(hash)));

    public override void Snapshot(SnapshotStatus status) => Line(string.Join(", ", Rows.Of(status)));

    public override void MoveLeader(ulong from, ulong to, MoveLeaderResponse answer) =>
        Line($"Leadership transferred from {from,16:x} to {to,16:x}");

    public override void Alarm(AlarmResponse answer)
    {
        foreach (var alarm in answer.Alarms)
            Line($"{(alarm.MemberID == 0 ? "" : $"memberID:{alarm.MemberID} ")}alarm:{AlarmName(alarm.Alarm)} ");
    }

    public override void Confirm(IMessage answer, string sentence) => Line(sentence);

    internal static string AlarmName(AlarmType alarm) => alarm.ToString().ToUpperInvariant();

    private void Lines(IEnumerable<string[]> rows)
    {
        foreach (var row in rows)
            Line(string.Join(", ", row));
    }

    private void Pair(KeyValue pair)
    {
        if (!ValuesOnly)
            Line(Show(pair.Key));
        Line(Show(pair.Value));
    }

    private string Show(ByteString bytes)
    {
        if (!hex)
            return GoText.OfBytes(bytes);
        var text = new StringBuilder(bytes.Length * 4);
        foreach (var value in bytes.Span)
            text.Append("\\x").Append(Convert.ToHexStringLower([value]));
        return text.ToString();
    }
}

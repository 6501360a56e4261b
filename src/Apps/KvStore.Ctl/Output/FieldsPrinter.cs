using System.Globalization;
using Google.Protobuf;
using KvStore.Node.Snapshots;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Ctl.Output;

/// <summary>Lines of `"Name" : value`; with `--hex` ids are hexadecimal, those of leases with all their digits.</summary>
internal sealed class FieldsPrinter(bool hex, TextWriter output) : Printer(output)
{
    protected override string Format => "fields";

    public override void Get(RangeResponse answer)
    {
        Header(answer.Header);
        foreach (var pair in answer.Kvs)
            Pair("", pair);
        Field("More", Rows.Bool(answer.More));
        Field("Count", answer.Count);
    }

    public override void Put(PutResponse answer)
    {
        Header(answer.Header);
        if (answer.PrevKv is { } before)
            Pair("Prev", before);
    }

    public override void Del(DeleteRangeResponse answer)
    {
        Header(answer.Header);
        Field("Deleted", answer.Deleted);
        foreach (var pair in answer.PrevKvs)
            Pair("Prev", pair);
    }

    public override void Txn(TxnResponse answer)
    {
        Header(answer.Header);
        Field("Succeeded", Rows.Bool(answer.Succeeded));
        foreach (var response in answer.Responses)
            TxnPart.Print(this, response);
    }

    public override void Watch(WatchResponse answer)
    {
        Header(answer.Header);
        foreach (var change in answer.Events)
        {
            Field("Type", change.Type == Event.Types.EventType.Put ? "PUT" : "DELETE");
            if (change.PrevKv is { } before)
                Pair("Prev", before);
            Pair("", change.Kv);
        }
    }

    public override void Grant(LeaseGrantResponse answer)
    {
        Header(answer.Header);
        Lease("ID", answer.ID);
        Field("TTL", answer.TTL);
    }

    public override void Revoke(long id, LeaseRevokeResponse answer) => Header(answer.Header);

    public override void KeepAlive(LeaseKeepAliveResponse answer)
    {
        Header(answer.Header);
        Lease("ID", answer.ID);
        Field("TTL", answer.TTL);
    }

    public override void TimeToLive(LeaseTimeToLiveResponse answer, bool withKeys)
    {
        Header(answer.Header);
        Lease("ID", answer.ID);
        Field("TTL", answer.TTL);
        Field("GrantedTTL", answer.GrantedTTL);
        foreach (var key in answer.Keys)
            Quoted("Key", GoText.OfBytes(key));
    }

    public override void Leases(LeaseLeasesResponse answer)
    {
        Header(answer.Header);
        foreach (var lease in answer.Leases)
            Lease("ID", lease.ID);
    }

    // etcdctl has lines for the list alone, not for what a change of it answers.
    public override void MemberAdd(MemberAddResponse answer) => Refuse();

    public override void MemberRemove(ulong id, MemberRemoveResponse answer) => Refuse();

    public override void MemberUpdate(ulong id, MemberUpdateResponse answer) => Refuse();

    public override void MemberPromote(ulong id, MemberPromoteResponse answer) => Refuse();

    public override void MemberList(MemberListResponse answer)
    {
        Header(answer.Header);
        foreach (var member in answer.Members)
        {
            Id("ID", member.ID);
            Quoted("Name", GoText.Of(member.Name));
            foreach (var url in member.PeerURLs)
                Quoted("PeerURL", GoText.Of(url));
            foreach (var url in member.ClientURLs)
                Quoted("ClientURL", GoText.Of(url));
            Field("IsLearner", Rows.Bool(member.IsLearner));
            Line("");
        }
    }

    public override void EndpointHealth(IReadOnlyList<EndpointHealth> endpoints, TextWriter errors)
    {
        foreach (var endpoint in endpoints)
        {
            Quoted("Endpoint", endpoint.Endpoint);
            Field("Health", Rows.Bool(endpoint.IsHealthy));
            Field("Took", GoNumbers.Duration(endpoint.Took));
            Field("Error", endpoint.Error);
            Line("");
        }
    }

    public override void EndpointStatus(IReadOnlyList<EndpointStatus> endpoints)
    {
        foreach (var (endpoint, status) in endpoints)
        {
            Header(status.Header);
            Quoted("Version", GoText.Of(status.Version));
            Quoted("StorageVersion", GoText.Of(status.StorageVersion));
            Field("DBSize", status.DbSize);
            Field("DBSizeInUse", status.DbSizeInUse);
            Field("DBSizeQuota", status.DbSizeQuota);
            Field("Leader", status.Leader);
            Field("IsLearner", Rows.Bool(status.IsLearner));
            Field("RaftIndex", status.RaftIndex);
            Field("RaftTerm", status.RaftTerm);
            Field("RaftAppliedIndex", status.RaftAppliedIndex);
            Field("Errors", $"[{GoText.Of(string.Join(' ', status.Errors))}]");
            Quoted("Endpoint", endpoint);
            Quoted("DowngradeTargetVersion", GoText.Of(status.DowngradeInfo?.TargetVersion ?? ""));
            Field("DowngradeEnabled", Rows.Bool(status.DowngradeInfo?.Enabled ?? false));
            Line("");
        }
    }

    public override void EndpointHash(IReadOnlyList<EndpointHash> endpoints)
    {
        foreach (var (endpoint, hash) in endpoints)
        {
            Header(hash.Header);
            Quoted("Endpoint", endpoint);
            Field("Hash", hash.Hash);
            Field("HashRevision", hash.HashRevision);
            Line("");
        }
    }

    public override void SnapshotHash(SnapshotHash hash)
    {
        Field("Hash", hash.Hash);
        Field("Hash revision", hash.HashRevision.Value);
        Field("Compact revision", hash.CompactRevision);
    }

    public override void Snapshot(SnapshotStatus status)
    {
        Field("Hash", status.Hash);
        Field("Revision", status.Revision.Value);
        Field("Keys", status.TotalKeys);
        Field("Size", status.TotalBytes);
        Field("Version", GoText.Of(status.Version));
    }

    public override void MoveLeader(ulong from, ulong to, MoveLeaderResponse answer) => Refuse();

    public override void Alarm(AlarmResponse answer)
    {
        Header(answer.Header);
        foreach (var alarm in answer.Alarms)
        {
            Id("MemberID", alarm.MemberID);
            Field("AlarmType", SimplePrinter.AlarmName(alarm.Alarm));
            Line("");
        }
    }

    /// <summary>Most answers about users and roles are their header; etcdctl has no such lines for some.</summary>
    protected override void Message(IMessage answer)
    {
        if (answer is AuthUserGetResponse or AuthUserListResponse or AuthStatusResponse or DowngradeResponse)
            Refuse();
        Header(answer);
        if (answer is AuthRoleListResponse list)
            Line("\"Roles\" :" + string.Concat(list.Roles.Select(role => " " + GoText.Quote(GoText.Of(role)))));
        if (answer is not AuthRoleGetResponse role)
            return;
        foreach (var permission in role.Perm)
        {
            // Two blanks, as etcdctl prints it.
            Field("PermType", " " + permission.PermType.ToString().ToUpperInvariant());
            Quoted("Key", GoText.OfBytes(permission.Key));
            Quoted("RangeEnd", GoText.OfBytes(permission.RangeEnd));
        }
    }

    private void Header(IMessage answer)
    {
        if (answer.Descriptor.FindFieldByName("header")?.Accessor.GetValue(answer) is ResponseHeader header)
            Header(header);
    }

    /// <summary>A disarm of several alarms is several answers and so has no header of its own: zeros.</summary>
    private void Header(ResponseHeader? header)
    {
        Id("ClusterID", header?.ClusterId ?? 0);
        Id("MemberID", header?.MemberId ?? 0);
        // Answers about members and the like say none.
        if (header?.Revision is > 0 and var revision)
            Field("Revision", revision);
        Field("RaftTerm", header?.RaftTerm ?? 0);
    }

    private void Pair(string prefix, KeyValue pair)
    {
        Quoted(prefix + "Key", GoText.OfBytes(pair.Key));
        Field(prefix + "CreateRevision", pair.CreateRevision);
        Field(prefix + "ModRevision", pair.ModRevision);
        Field(prefix + "Version", pair.Version);
        Quoted(prefix + "Value", GoText.OfBytes(pair.Value));
        Lease(prefix + "Lease", pair.Lease);
    }

    private void Id(string name, ulong id) => Field(name, hex ? Rows.Hex(id) : Rows.Number(id));

    private void Lease(string name, long id) => Field(name, hex ? id.ToString("x16", CultureInfo.InvariantCulture) : Rows.Number(id));

    private void Quoted(string name, string text) => Field(name, GoText.Quote(text));

    private void Field(string name, IFormattable number) => Field(name, number.ToString(null, CultureInfo.InvariantCulture));

    private void Field(string name, string value) => Line($"\"{name}\" : {value}");
}

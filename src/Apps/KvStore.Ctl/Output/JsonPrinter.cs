using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using KvStore.Node.Snapshots;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Output;

/// <summary>One line of JSON per answer, in the shapes of etcd's Go client.</summary>
internal sealed class JsonPrinter(bool hex, TextWriter output) : Printer(output)
{
    protected override string Format => "json";

    public override void Watch(WatchResponse answer)
    {
        var json = new StringBuilder("{\"Header\":");
        GoJson.Append(json, answer.Header ?? new ResponseHeader());
        json.Append(",\"Events\":[");
        for (var index = 0; index < answer.Events.Count; index++)
        {
            json.Append(index == 0 ? "" : ",");
            GoJson.Append(json, answer.Events[index]);
        }

        json.Append(CultureInfo.InvariantCulture, $"],\"CompactRevision\":{answer.CompactRevision}");
        json.Append($",\"Canceled\":{Rows.Bool(answer.Canceled)},\"Created\":{Rows.Bool(answer.Created)},\"CancelReason\":");
        GoJson.AppendText(json, GoText.Of(answer.CancelReason));
        Line(json.Append('}').ToString());
    }

    public override void Grant(LeaseGrantResponse answer)
    {
        var json = Embedded(answer.Header).Append(CultureInfo.InvariantCulture, $"\"ID\":{answer.ID},\"TTL\":{answer.TTL},\"Error\":");
        GoJson.AppendText(json, GoText.Of(answer.Error));
        Line(json.Append('}').ToString());
    }

    public override void KeepAlive(LeaseKeepAliveResponse answer) =>
        Line(Embedded(answer.Header).Append(CultureInfo.InvariantCulture, $"\"ID\":{answer.ID},\"TTL\":{answer.TTL}}}").ToString());

    public override void TimeToLive(LeaseTimeToLiveResponse answer, bool withKeys)
    {
        var json = Embedded(answer.Header)
            .Append(CultureInfo.InvariantCulture, $"\"id\":{answer.ID},\"ttl\":{answer.TTL},\"granted-ttl\":{answer.GrantedTTL},\"keys\":");
        // A Go slice that nobody filled is null.
        json.Append(answer.Keys.Count == 0 ? "null" : $"[{string.Join(',', answer.Keys.Select(key => $"\"{key.ToBase64()}\""))}]");
        Line(json.Append('}').ToString());
    }

    public override void Leases(LeaseLeasesResponse answer) =>
        Line(Embedded(answer.Header)
            .Append(CultureInfo.InvariantCulture, $"\"leases\":[{string.Join(',', answer.Leases.Select(lease => $"{{\"id\":{lease.ID}}}"))}]}}").ToString());

    public override void MemberAdd(MemberAddResponse answer) => Members(answer, answer.Header, answer.Members, answer.Member);

    public override void MemberRemove(ulong id, MemberRemoveResponse answer) => Members(answer, answer.Header, answer.Members);

    public override void MemberUpdate(ulong id, MemberUpdateResponse answer) => Members(answer, answer.Header, answer.Members);

    public override void MemberPromote(ulong id, MemberPromoteResponse answer) => Members(answer, answer.Header, answer.Members);

    public override void MemberList(MemberListResponse answer) => Members(answer, answer.Header, answer.Members);

    public override void EndpointHealth(IReadOnlyList<EndpointHealth> endpoints, TextWriter errors) =>
        List(endpoints, (json, endpoint) =>
        {
            GoJson.AppendText(GoJson.AppendName(json, "endpoint"), endpoint.Endpoint);
            json.Append($",\"health\":{Rows.Bool(endpoint.IsHealthy)},\"took\":");
            GoJson.AppendText(json, GoNumbers.Duration(endpoint.Took));
            if (endpoint.Error.Length > 0)
                GoJson.AppendText(GoJson.AppendName(json.Append(','), "error"), endpoint.Error);
        });

    public override void EndpointStatus(IReadOnlyList<EndpointStatus> endpoints) =>
        List(endpoints, (json, endpoint) => Pair(json, endpoint.Endpoint, "Status", endpoint.Status));

    public override void EndpointHash(IReadOnlyList<EndpointHash> endpoints) =>
        List(endpoints, (json, endpoint) => Pair(json, endpoint.Endpoint, "HashKV", endpoint.Hash));

    public override void SnapshotHash(SnapshotHash hash) => Line(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"hash\":{hash.Hash},\"hashRevision\":{hash.HashRevision.Value},\"compactRevision\":{hash.CompactRevision}}}"));

    public override void Snapshot(SnapshotStatus status)
    {
        var json = new StringBuilder().Append(
            CultureInfo.InvariantCulture,
            $"{{\"hash\":{status.Hash},\"revision\":{status.Revision.Value},\"totalKey\":{status.TotalKeys},\"totalSize\":{status.TotalBytes}");
        GoJson.AppendText(GoJson.AppendName(json.Append(','), "version"), GoText.Of(status.Version));
        Line(json.Append('}').ToString());
    }

    protected override void Message(IMessage answer) => Line(GoJson.Of(answer));

    private static void Pair(StringBuilder json, string endpoint, string name, IMessage answer)
    {
        GoJson.AppendText(GoJson.AppendName(json, "Endpoint"), endpoint);
        GoJson.Append(GoJson.AppendName(json.Append(','), name), answer);
    }

    /// <summary>The members of a Go struct that embeds the header, up to the comma behind them.</summary>
    private static StringBuilder Embedded(ResponseHeader header)
    {
        var json = new StringBuilder("{");
        return GoJson.AppendFields(json, header, first: true) ? json : json.Append(',');
    }

    private void List<T>(IReadOnlyList<T> items, Action<StringBuilder, T> append)
    {
        var json = new StringBuilder("[");
        for (var index = 0; index < items.Count; index++)
        {
            append(json.Append(index == 0 ? "{" : ",{"), items[index]);
            json.Append('}');
        }

        Line(json.Append(']').ToString());
    }

    /// <summary>With `--hex` ids become hexadecimal strings, in the members' answers alone.</summary>
    private void Members(IMessage answer, ResponseHeader header, IEnumerable<Member> members, Member? changed = null)
    {
        if (!hex)
        {
            Message(answer);
            return;
        }

        var json = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{{\"header\":{{\"cluster_id\":\"{header.ClusterId:x}\",\"member_id\":\"{header.MemberId:x}\"");
        if (header.Revision != 0)
            json.Append(CultureInfo.InvariantCulture, $",\"revision\":{header.Revision}");
        if (header.RaftTerm != 0)
            json.Append(CultureInfo.InvariantCulture, $",\"raft_term\":{header.RaftTerm}");
        json.Append('}');
        if (changed is not null)
            AppendHexMember(json.Append(",\"member\":"), changed);
        json.Append(",\"members\":[");
        var first = true;
        foreach (var member in members)
        {
            AppendHexMember(json.Append(first ? "" : ","), member);
            first = false;
        }

        Line(json.Append("]}").ToString());
    }

    private static void AppendHexMember(StringBuilder json, Member member)
    {
        json.Append(CultureInfo.InvariantCulture, $"{{\"ID\":\"{member.ID:x}\"");
        if (member.Name.Length > 0)
            GoJson.AppendText(GoJson.AppendName(json.Append(','), "name"), GoText.Of(member.Name));
        AppendUrls(json, "peerURLs", member.PeerURLs);
        AppendUrls(json, "clientURLs", member.ClientURLs);
        if (member.IsLearner)
            json.Append(",\"isLearner\":true");
        json.Append('}');
    }

    private static void AppendUrls(StringBuilder json, string name, RepeatedField<string> urls)
    {
        if (urls.Count == 0)
            return;
        GoJson.AppendName(json.Append(','), name).Append('[');
        var first = true;
        foreach (var url in urls)
        {
            GoJson.AppendText(first ? json : json.Append(','), GoText.Of(url));
            first = false;
        }

        json.Append(']');
    }
}

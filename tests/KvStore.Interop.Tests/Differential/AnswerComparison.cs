using Google.Protobuf;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Brings two answers to the same form. What is a server's own is cleared: cluster and member ids, the raft term, and the
/// remaining seconds of a lease. What etcd leaves to chance is put in order: keys that are equal under the sort that was asked.
/// Differences between etcd 3.5 and 3.7 by design are the numbered ones below; docs/testing/differential.md lists them.
/// </summary>
internal static class AnswerComparison
{
    public static string Normalize(IMessage request, IMessage response)
    {
        switch (response)
        {
            case RangeResponse range:
                Clean(range.Header);
                CleanRange((RangeRequest)request, range);
                break;
            case PutResponse put:
                Clean(put.Header);
                break;
            case DeleteRangeResponse delete:
                Clean(delete.Header);
                break;
            case TxnResponse txn:
                Clean(txn.Header);
                CleanTxn((TxnRequest)request, txn);
                break;
            case CompactionResponse compact:
                Clean(compact.Header);
                break;
            case LeaseGrantResponse grant:
                Clean(grant.Header);
                // The server's own choice, but for its sign.
                if (request is LeaseGrantRequest { ID: 0 })
                    grant.ID = Math.Sign(grant.ID);
                break;
            case LeaseRevokeResponse revoke:
                Clean(revoke.Header);
                break;
            case LeaseTimeToLiveResponse left:
                Clean(left.Header);
                if (left.TTL > 0)
                    left.TTL = 1;
                Sort(left.Keys);
                break;
            case LeaseLeasesResponse leases:
                Clean(leases.Header);
                var ordered = leases.Leases.Where(lease => lease.ID < EdgeRequests.ShortLivedLeaseMin).OrderBy(lease => lease.ID).ToArray();
                leases.Leases.Clear();
                leases.Leases.Add(ordered);
                break;
            case HashKVResponse hash:
                Clean(hash.Header);
                // By design 6: 3.5 has no such field.
                hash.HashRevision = 0;
                break;
            case StatusResponse status:
                return $"revision {status.Header.Revision}, learner {status.IsLearner}, leads {status.Leader == status.Header.MemberId}, {status.Errors}";
            case MemberListResponse members:
                return $"revision {members.Header.Revision}: {string.Join(", ", members.Members.Select(Shape))}";
            case AlarmResponse alarm:
                Clean(alarm.Header);
                break;
        }

        return response.ToString()!;
    }

    private static string Shape(Member member) => $"{member.Name} {member.PeerURLs.Count} {member.ClientURLs.Count} {member.IsLearner}";

    private static void Clean(ResponseHeader? header)
    {
        if (header is null)
            return;
        header.ClusterId = 0;
        header.MemberId = 0;
        header.RaftTerm = 0;
    }

    private static void CleanTxn(TxnRequest request, TxnResponse response)
    {
        var operations = response.Succeeded ? request.Success : request.Failure;
        for (var i = 0; i < response.Responses.Count && i < operations.Count; i++)
        {
            if (response.Responses[i].ResponseRange is { } range && operations[i].RequestRange is { } asked)
                CleanRange(asked, range);
            else if (response.Responses[i].ResponseTxn is { } nested && operations[i].RequestTxn is { } inner)
                CleanTxn(inner, nested);
        }
    }

    private static void CleanRange(RangeRequest request, RangeResponse response)
    {
        if (request.KeysOnly && request.SortTarget != RangeRequest.Types.SortTarget.Value)
        {
            // By design 1: since 3.7 keys-only is answered from the index, which gives no lease.
            foreach (var kv in response.Kvs)
                kv.Lease = 0;
        }

        var sorted = request.SortOrder != RangeRequest.Types.SortOrder.None || request.SortTarget != RangeRequest.Types.SortTarget.Key;
        if (!sorted || request.SortTarget == RangeRequest.Types.SortTarget.Key)
            return;
        // Go's sort is not stable: keys equal under the target may come in any order, and with a limit any of them may be left out.
        var truncated = request.Limit > 0 && response.More;
        var kvs = response.Kvs.ToArray();
        var last = kvs.Length > 0 ? SortField(request, kvs[^1]) : "";
        response.Kvs.Clear();
        for (var start = 0; start < kvs.Length;)
        {
            var end = start;
            while (end < kvs.Length && SortField(request, kvs[end]) == SortField(request, kvs[start]))
                end++;
            foreach (var kv in kvs[start..end].OrderBy(kv => kv.Key.ToBase64(), StringComparer.Ordinal))
                response.Kvs.Add(truncated && SortField(request, kv) == last ? Anonymous(request, kv) : kv);
            start = end;
        }
    }

    /// <summary>Of the group that the limit cut through, only what they have in common can be compared.</summary>
    private static KeyValue Anonymous(RangeRequest request, KeyValue kv) => new() { Value = ByteString.CopyFromUtf8(SortField(request, kv)) };

    private static string SortField(RangeRequest request, KeyValue kv) => request.SortTarget switch
    {
        RangeRequest.Types.SortTarget.Version => kv.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
        RangeRequest.Types.SortTarget.Create => kv.CreateRevision.ToString(System.Globalization.CultureInfo.InvariantCulture),
        RangeRequest.Types.SortTarget.Mod => kv.ModRevision.ToString(System.Globalization.CultureInfo.InvariantCulture),
        // With keys only, the values that were sorted by are not in the answer.
        RangeRequest.Types.SortTarget.Value => request.KeysOnly ? "" : kv.Value.ToBase64(),
        _ => kv.Key.ToBase64(),
    };

    private static void Sort(Google.Protobuf.Collections.RepeatedField<ByteString> keys)
    {
        var ordered = keys.OrderBy(key => key.ToBase64(), StringComparer.Ordinal).ToArray();
        keys.Clear();
        keys.Add(ordered);
    }
}

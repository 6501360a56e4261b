using KvStore.Api.Members;
using KvStore.Grpc.Server;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Api.Security;

/// <summary>
/// Judges reads by the auth state of the view that they are answered from. The judgement falls before the view is opened, and counts
/// only if afterwards nothing newer is in force: a user who lost a permission never sees what was written after.
/// </summary>
internal sealed class JudgedReads(IMember member, CallerIdentity identities)
{
    /// <summary>Costs one look at the auth state while authentication is off.</summary>
    public ValueTask<ReadPermit> PermitAsync(ServerCall call, ReadKind kind, ReadOnlyMemory<byte> request)
    {
        var table = identities.Table;
        return table.IsEnabled ? JudgeAsync(call, kind, request) : new ValueTask<ReadPermit>(new ReadPermit(table, Error: null));
    }

    /// <summary>Whether what was read after the permit may be answered.</summary>
    public bool IsInForce(in ReadPermit permit) => member.IsInForce(permit.Table);

    /// <summary>
    /// Users or roles changed under a caller that had been judged: it is told to ask again, as by etcd. Where authentication was just
    /// switched on, nobody had been judged: that is done now.
    /// </summary>
    public bool IsOutdated(in ReadPermit permit) => permit.Table.IsEnabled && !IsInForce(permit);

    /// <summary>For a read that goes on: null when its last part may be answered, too.</summary>
    public async ValueTask<EtcdError?> StillPermitsAsync(ServerCall call, ReadPermit permit, ReadKind kind, ReadOnlyMemory<byte> request)
    {
        if (IsInForce(permit))
            return null;
        return IsOutdated(permit) ? EtcdErrors.AuthOldRevision : (await PermitAsync(call, kind, request).ConfigureAwait(false)).Error;
    }

    private async ValueTask<ReadPermit> JudgeAsync(ServerCall call, ReadKind kind, ReadOnlyMemory<byte> request)
    {
        var identity = await identities.IdentifyAsync(call).ConfigureAwait(false);
        return new ReadPermit(identity.Table, identity.Error ?? Judge(identity, kind, request));
    }

    private static EtcdError? Judge(in Identity identity, ReadKind kind, ReadOnlyMemory<byte> request)
    {
        var refused = kind == ReadKind.Range
            ? RangeFields.TryRead(request.Span, out var range) ? identity.Access.Check(range) : EtcdErrors.MalformedRequest
            : TxnFields.TryRead(request.Span, out var txn) ? identity.Access.Check(txn, leases: null) : EtcdErrors.MalformedRequest;
        if (refused is not null || identity.Caller.IsNone)
            return refused;
        // A signed token from a member that is ahead of this one: what it may read was decided by users that are not known here yet.
        return identity.Caller.Revision == identity.Table.Revision ? null : EtcdErrors.AuthOldRevision;
    }
}

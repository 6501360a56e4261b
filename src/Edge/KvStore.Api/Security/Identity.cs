using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Api.Security;

/// <summary>Who a caller is, and the auth state by which that was found out; or why it could not be.</summary>
internal readonly record struct Identity(AuthTable Table, Caller Caller, EtcdError? Error)
{
    public KeyAccess Access => Table.AccessOf(Caller);

    public EtcdError? CheckRoot() => Error ?? Table.CheckRoot(Caller);

    public EtcdError? CheckKnown() => Error ?? Table.CheckKnown(Caller);
}

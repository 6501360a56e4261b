using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Api.Security;

/// <summary>The judgement on one read: by which auth state it fell, and why it was refused, if it was.</summary>
internal readonly record struct ReadPermit(AuthTable Table, EtcdError? Error);

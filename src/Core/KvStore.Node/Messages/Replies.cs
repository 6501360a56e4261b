using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Node.Messages;

/// <summary>Answers that no applied entry gives.</summary>
internal static class Replies
{
    public static Reply Done(RequestId request) => new() { Request = request };

    public static Reply Refused(RequestId request, EtcdError error) => new() { Request = request, Error = error };
}

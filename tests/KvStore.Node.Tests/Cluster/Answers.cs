using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Node.Tests.Cluster;

/// <summary>What the callers of one member were told; the first answer counts, as behind the real door.</summary>
internal sealed class Answers : IReplies<Reply>
{
    private readonly Dictionary<RequestId, Reply> _answers = [];

    /// <summary>What a caller would do in the thread that answers it.</summary>
    public Action<RequestId>? Completed { get; set; }

    public void Complete(RequestId request, in Reply reply)
    {
        if (_answers.TryAdd(request, reply))
            Completed?.Invoke(request);
    }

    public bool TryGet(RequestId request, out Reply reply) => _answers.TryGetValue(request, out reply);
}

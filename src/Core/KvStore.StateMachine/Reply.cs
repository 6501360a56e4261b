using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>The outcome of one applied command, for the call that waits for it. A value; its body is never written again.</summary>
public readonly record struct Reply
{
    /// <summary>Who waits; none where nobody can.</summary>
    public RequestId Request { get; init; }

    /// <summary>Why the command changed nothing; null when it was carried out.</summary>
    public EtcdError? Error { get; init; }

    /// <summary>
    /// The encoded response message without its header, which is field 1 of every response: whoever answers puts it in front.
    /// Empty with an <see cref="Error"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The store's revision after the command: what the header says.</summary>
    public Revision Revision { get; init; }

    /// <summary>
    /// Not zero: the caller of a physical compaction is answered only when the sweep has finished this revision
    /// (<c>CompactionSweep.Finished</c>) and the store is flushed.
    /// </summary>
    public Revision AnswerAfterSweepOf { get; init; }

    /// <summary>The entry had been applied before (a replay after a restart); nothing was done.</summary>
    public bool Skipped { get; init; }
}

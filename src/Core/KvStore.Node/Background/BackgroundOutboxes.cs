using KvStore.Node.Messages;

namespace KvStore.Node.Background;

/// <summary>What the Background lane sends to the others.</summary>
internal sealed class BackgroundOutboxes
{
    public Outbox<ConsensusMessage> Consensus { get; } = new();

    public Outbox<ApplyMessage> Apply { get; } = new();
}

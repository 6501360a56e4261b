using KvStore.Node.Messages;

namespace KvStore.Node.Consensus;

/// <summary>What the Consensus lane sends to the others.</summary>
internal sealed class ConsensusOutboxes
{
    public Outbox<LogMessage> Log { get; } = new();

    public Outbox<ApplyMessage> Apply { get; } = new();

    public Outbox<BackgroundMessage> Background { get; } = new();

    public void Flush()
    {
        Log.Flush();
        Apply.Flush();
        Background.Flush();
    }
}

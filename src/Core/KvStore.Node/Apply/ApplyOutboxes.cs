using KvStore.Node.Messages;
using KvStore.Node.Watch;

namespace KvStore.Node.Apply;

/// <summary>What the Apply lane sends to the others.</summary>
internal sealed class ApplyOutboxes
{
    public Outbox<ConsensusMessage> Consensus { get; } = new();

    public Outbox<BackgroundMessage> Background { get; } = new();

    public Outbox<WatchMessage> Watch { get; } = new();

    public void Flush()
    {
        Consensus.Flush();
        Background.Flush();
        Watch.Flush();
    }
}

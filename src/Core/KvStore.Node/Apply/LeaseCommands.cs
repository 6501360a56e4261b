using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Node.Apply;

/// <summary>Commands that the primary proposes for leases by itself. Nobody waits for them.</summary>
internal static class LeaseCommands
{
    public static byte[] Revoke(LeaseId lease)
    {
        var command = new ByteWriter(32);
        CommandWriter.WriteLeaseRevoke(command, lease);
        return command.ToArray();
    }

    public static byte[] Checkpoint(ReadOnlySpan<LeaseCheckpointDue> due)
    {
        var command = new ByteWriter(32 * due.Length);
        CommandWriter.WriteLeaseCheckpoints(command, RequestId.None, due);
        return command.ToArray();
    }
}

using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>Makes the data of a log entry of kind Command. The request's own bytes travel as the client sent them.</summary>
public static class CommandWriter
{
    /// <param name="destination">Where the command is appended.</param>
    /// <param name="request">Who waits for the reply; none where nobody does.</param>
    /// <param name="caller">The encoded <c>kvstore.command.Caller</c>; empty while authentication is off.</param>
    /// <param name="kind">What is asked for.</param>
    /// <param name="encoded">The encoded request of that kind, checked by <see cref="RequestValidator"/>.</param>
    public static void Write(ByteWriter destination, RequestId request, ReadOnlySpan<byte> caller, CommandKind kind, ReadOnlySpan<byte> encoded)
    {
        Check.That(kind != CommandKind.None, "a command asks for something");
        destination.WriteInt64Field(1, (long)request.Value);
        destination.WriteBytesField(2, caller);
        destination.WriteMessageField((int)kind, encoded);
    }

    /// <summary>The same for a grant, whose id and TTL the proposer has decided (<see cref="LeaseRules.Resolve"/>).</summary>
    public static void WriteLeaseGrant(ByteWriter destination, RequestId request, ReadOnlySpan<byte> caller, in LeaseGrantFields grant)
    {
        var encoded = new ByteWriter(24);
        encoded.WriteInt64Field(1, grant.TtlSeconds);
        encoded.WriteInt64Field(2, grant.Lease.Value);
        Write(destination, request, caller, CommandKind.LeaseGrant, encoded.WrittenSpan);
    }

    /// <summary>The revocation of an expired lease by the primary: nobody waits for it.</summary>
    public static void WriteLeaseRevoke(ByteWriter destination, LeaseId lease)
    {
        var encoded = new ByteWriter(16);
        encoded.WriteInt64Field(1, lease.Value);
        Write(destination, RequestId.None, default, CommandKind.LeaseRevoke, encoded.WrittenSpan);
    }

    /// <summary>Checkpoints by the primary; with a request where a keep-alive waits for them.</summary>
    public static void WriteLeaseCheckpoints(ByteWriter destination, RequestId request, ReadOnlySpan<LeaseCheckpointDue> checkpoints)
    {
        var encoded = new ByteWriter(24 * checkpoints.Length);
        var one = new ByteWriter(24);
        foreach (var checkpoint in checkpoints)
        {
            one.Clear();
            one.WriteInt64Field(1, checkpoint.Lease.Value);
            one.WriteInt64Field(2, checkpoint.RemainingTtlSeconds);
            encoded.WriteMessageField(1, one.WrittenSpan);
        }

        Write(destination, request, default, CommandKind.LeaseCheckpoint, encoded.WrittenSpan);
    }

    /// <summary>An alarm raised by this member itself, as etcd does when its quota is used up.</summary>
    public static void WriteAlarm(ByteWriter destination, RequestId request, int action, MemberId member, int alarm)
    {
        var encoded = new ByteWriter(16);
        encoded.WriteInt64Field(1, action);
        encoded.WriteInt64Field(2, (long)member.Value);
        encoded.WriteInt64Field(3, alarm);
        Write(destination, request, default, CommandKind.Alarm, encoded.WrittenSpan);
    }
}

namespace KvStore.StateMachine;

/// <summary>What a command asks for; the numbers are the field numbers of <c>kvstore.command.Command</c>.</summary>
public enum CommandKind
{
    None = 0,
    Put = 10,
    DeleteRange = 11,
    Txn = 12,
    Compaction = 13,
    LeaseGrant = 14,
    LeaseRevoke = 15,
    LeaseCheckpoint = 16,
    Alarm = 17,
    MemberAttributes = 18,
    ClusterVersion = 19,
    Downgrade = 20,
}

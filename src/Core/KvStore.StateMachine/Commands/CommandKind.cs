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
    AuthEnable = 30,
    AuthDisable = 31,
    Authenticate = 32,
    UserAdd = 33,
    UserDelete = 34,
    UserChangePassword = 35,
    UserGrantRole = 36,
    UserRevokeRole = 37,
    RoleAdd = 38,
    RoleDelete = 39,
    RoleGrantPermission = 40,
    RoleRevokePermission = 41,
}

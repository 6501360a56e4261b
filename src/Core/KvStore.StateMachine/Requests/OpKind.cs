namespace KvStore.StateMachine;

/// <summary>The member of the <c>RequestOp</c> oneof that is set; the numbers are its field numbers, and those of <c>ResponseOp</c>.</summary>
public enum OpKind
{
    /// <summary>Nothing is set: etcd answers "key not found".</summary>
    None = 0,
    Range = 1,
    Put = 2,
    DeleteRange = 3,
    Txn = 4,
}

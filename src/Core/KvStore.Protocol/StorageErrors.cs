namespace KvStore.Protocol;

/// <summary>Refusals for the sake of the member's disk that etcd has no words for.</summary>
public static class StorageErrors
{
    public static readonly EtcdError NoSpaceForCopy =
        new(GrpcCode.ResourceExhausted, "kvstore: no space on the member's disk for a copy of its store");
}

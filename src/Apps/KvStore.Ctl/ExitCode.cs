namespace KvStore.Ctl;

/// <summary>etcdctl's exit codes (etcd, pkg/cobrautl).</summary>
internal enum ExitCode
{
    Success = 0,
    Error = 1,
    BadConnection = 2,
    InvalidInput = 3,
    BadFeature = 4,
    Interrupted = 5,
    Io = 6,
    BadArguments = 128,
}

namespace KvStore.Benchmarks.Load;

internal enum Operation
{
    Put,
    RangeLinearizable,
    RangeSerializable,
    TxnPut,
}

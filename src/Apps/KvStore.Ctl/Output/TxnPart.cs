using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Output;

/// <summary>One answer within a transaction, printed as the answer of its own command.</summary>
internal static class TxnPart
{
    public static void Print(Printer printer, ResponseOp response)
    {
        switch (response.ResponseCase)
        {
            case ResponseOp.ResponseOneofCase.ResponseRange:
                printer.Get(response.ResponseRange);
                break;
            case ResponseOp.ResponseOneofCase.ResponsePut:
                printer.Put(response.ResponsePut);
                break;
            case ResponseOp.ResponseOneofCase.ResponseDeleteRange:
                printer.Del(response.ResponseDeleteRange);
                break;
            default:
                // The command line has no nested transactions, so no answer to one can come.
                throw new CtlException(ExitCode.Error, $"unexpected response {response.ResponseCase}");
        }
    }
}

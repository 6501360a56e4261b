using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>The parts of a <c>TxnResponse</c> around the answers of its operations.</summary>
internal static class TxnResponseWriter
{
    private const int SucceededField = 2;
    private const int ResponsesField = 3;
    private const int HeaderField = 1;
    private const int HeaderRevisionField = 3;

    public static void WriteSucceeded(ByteWriter body, bool succeeded) => body.WriteBoolField(SucceededField, succeeded);

    /// <summary>Opens a <c>ResponseOp</c> and the response in it; both are closed by <see cref="End"/>.</summary>
    public static (int Op, int Response) Begin(ByteWriter body, OpKind kind)
    {
        var op = LengthPrefix.Begin(body, ResponsesField);
        return (op, LengthPrefix.Begin(body, (int)kind));
    }

    public static void End(ByteWriter body, (int Op, int Response) starts)
    {
        LengthPrefix.End(body, starts.Response);
        LengthPrefix.End(body, starts.Op);
    }

    /// <summary>The header of an inner response: the revision, nothing else.</summary>
    public static void WriteHeader(ByteWriter body, Revision revision)
    {
        var start = LengthPrefix.Begin(body, HeaderField);
        body.WriteInt64Field(HeaderRevisionField, revision.Value);
        LengthPrefix.End(body, start);
    }

    /// <summary>The header of a nested transaction's response: there, and empty.</summary>
    public static void WriteEmptyHeader(ByteWriter body) => body.WriteMessageField(HeaderField, default);
}

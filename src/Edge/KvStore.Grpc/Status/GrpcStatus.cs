namespace KvStore.Grpc;

/// <summary>How a call ended: a code and the text that clients compare.</summary>
public readonly record struct GrpcStatus(StatusCode Code, string Message)
{
    public static readonly GrpcStatus OK = new(StatusCode.OK, "");

    public bool IsOK => Code == StatusCode.OK;

    public override string ToString() => $"{Code}: {Message}";
}

namespace KvStore.Protocol;

/// <summary>
/// A refusal that a client expects: the status code and the text of etcd. Clients match on the text, so it is exact. A value:
/// null means "no error"; nothing is thrown between the rooms.
/// </summary>
/// <param name="Code">The code that goes on the wire.</param>
/// <param name="Text">The status message, verbatim.</param>
public sealed record EtcdError(GrpcCode Code, string Text)
{
    public override string ToString() => Code + ": " + Text;
}

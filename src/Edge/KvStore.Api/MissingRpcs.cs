namespace KvStore.Api;

/// <summary>
/// The rpcs of etcd that have no handler yet, in one place: they are declared, so that a client hears "unknown method" with
/// Unimplemented and not "unknown service". A test compares this list with the table; a handler and its line here go together.
/// </summary>
public static class MissingRpcs
{
    public static IReadOnlyList<string> Paths { get; } =
    [];
}

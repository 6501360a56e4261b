namespace KvStore.Node.Tests.Watch;

/// <summary>A put, or a delete where the value is null.</summary>
internal readonly record struct Change(string Key, string? Value)
{
    public static Change Put(string key, string value) => new(key, value);

    public static Change Delete(string key) => new(key, null);
}

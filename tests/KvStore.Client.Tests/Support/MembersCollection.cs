namespace KvStore.Client.Tests.Support;

/// <summary>The tests that share the running members.</summary>
[CollectionDefinition(Name)]
public sealed class MembersCollection : ICollectionFixture<Members>
{
    public const string Name = "members";
}

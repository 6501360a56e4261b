namespace KvStore.Server.Tests.Cluster;

/// <summary>Who is killed while a member is replaced.</summary>
internal enum ReplacementVictim
{
    Command,
    Old,
    New,
    Leader,
}

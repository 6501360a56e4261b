namespace KvStore.Node.Snapshots.Bolt;

/// <summary>What the meta pages say: where the root is, and how many pages the file has.</summary>
internal readonly record struct BoltLayout(ulong Root, ulong Pages);

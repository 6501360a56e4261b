namespace KvStore.Mvcc.Index;

/// <summary>Where a tree begins: its top node and how many levels of inner nodes there are (0: the top is a leaf).</summary>
internal readonly record struct IndexRoot(uint Node, int Height);

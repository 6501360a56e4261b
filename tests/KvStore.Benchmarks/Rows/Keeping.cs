namespace KvStore.Benchmarks.Rows;

/// <summary>For how long the servers of a group live.</summary>
internal enum Keeping
{
    /// <summary>Every run has fresh servers.</summary>
    None,

    /// <summary>Each side's servers are started for a row and do all its rounds, in turn: warm after the first, as servers in use are.</summary>
    Row,

    /// <summary>
    /// Each side's servers are started once and do all rows of the group in order, because what they hold takes minutes to write; the
    /// sides take turns within a row.
    /// </summary>
    BothSides,

    /// <summary>The same with one side after the other, all rows once: the disk holds what one of them writes, not both.</summary>
    SideAfterSide,
}

namespace KvStore.Simulation.Disk;

/// <summary>Which of the un-synced changes a loss of power keeps.</summary>
public enum PowerLoss
{
    /// <summary>None: only what was synced is there (what LazyFS does).</summary>
    LoseAll,

    /// <summary>All: the disk happened to have written everything.</summary>
    KeepAll,

    /// <summary>Each sector and each name on its own, by chance: torn writes, and later ones without earlier ones.</summary>
    KeepSome,

    /// <summary>A prefix of the changes in the order they were made, the last one torn (what a journal does).</summary>
    KeepPrefix,
}

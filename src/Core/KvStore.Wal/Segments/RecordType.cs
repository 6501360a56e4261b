namespace KvStore.Wal.Segments;

/// <summary>What a record is: the first byte of its payload. The numbers are on disk.</summary>
internal enum RecordType : byte
{
    /// <summary>The first record of a segment: version, sequence, first index, identity.</summary>
    Head = 1,

    /// <summary>Term, vote, commit index.</summary>
    HardState = 2,

    /// <summary>One entry of the raft log; one at or below the last index overwrites the tail.</summary>
    Entry = 3,

    /// <summary>The log starts after this index.</summary>
    Mark = 4,

    /// <summary>The last record of a segment that has a successor.</summary>
    Seal = 5,
}

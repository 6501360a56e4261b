namespace KvStore.Client;

/// <summary>By what the entries of a range are ordered.</summary>
public enum KeyOrder
{
    /// <summary>The bytes of the key: the order in which they are stored.</summary>
    Key,

    /// <summary>The revision at which the key was created.</summary>
    CreateRevision,

    /// <summary>The revision at which the key was last changed.</summary>
    ModRevision,

    /// <summary>How often the key was put.</summary>
    Version,

    /// <summary>The bytes of the value.</summary>
    Value,
}

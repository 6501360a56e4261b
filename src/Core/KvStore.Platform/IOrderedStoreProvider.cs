namespace KvStore.Platform;

/// <summary>Opens and removes stores by directory, so that a snapshot can be opened beside the store it replaces.</summary>
public interface IOrderedStoreProvider
{
    /// <summary>Opens the store in a directory, or makes an empty one there.</summary>
    IOrderedStore Open(string directory);

    /// <summary>Removes a closed store and its directory.</summary>
    void Destroy(string directory);
}

using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>A key was put.</summary>
/// <param name="Revision">The revision that this made.</param>
/// <param name="Previous">What the key held before, when it was asked for and there was something.</param>
public sealed record PutResult(Revision Revision, KvEntry? Previous);

using Google.Protobuf;
using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>A place in a line: its key and the revision that made it, which says both who is first and that it is still the same.</summary>
internal readonly record struct Place(ByteString Key, Revision Created)
{
    public Condition IsHeld => Condition.CreateRevision(KeyRange.One(Key)).Is(Created);
}

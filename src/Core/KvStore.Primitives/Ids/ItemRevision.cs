using System.Globalization;

namespace KvStore.Primitives;

/// <summary>The place of one change: the main revision of its transaction and its position within it, from 0.</summary>
public readonly record struct ItemRevision(Revision Main, long Sub) : IComparable<ItemRevision>
{
    public int CompareTo(ItemRevision other)
    {
        var main = Main.CompareTo(other.Main);
        return main != 0 ? main : Sub.CompareTo(other.Sub);
    }

    public static bool operator <(ItemRevision left, ItemRevision right) => left.CompareTo(right) < 0;
    public static bool operator >(ItemRevision left, ItemRevision right) => left.CompareTo(right) > 0;
    public static bool operator <=(ItemRevision left, ItemRevision right) => left.CompareTo(right) <= 0;
    public static bool operator >=(ItemRevision left, ItemRevision right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Main.Value}_{Sub}");
}

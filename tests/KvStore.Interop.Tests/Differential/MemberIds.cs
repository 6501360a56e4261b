namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Every cluster chooses ids of its own: here a member has one number for both, and each side's id stands beside it. Requests carry
/// the number, and are given the side's id before they are sent; answers are shown with the number.
/// </summary>
internal sealed class MemberIds
{
    /// <summary>Below are ids that no cluster gives.</summary>
    private const ulong NumberMin = 9_000;

    private readonly List<ulong>[] _ids = [[], []];

    /// <summary>The number of a member that both sides have; a new one when they had not been seen.</summary>
    public ulong Add(ulong expected, ulong actual)
    {
        if (_ids[0].IndexOf(expected) is >= 0 and var known)
            return NumberMin + (ulong)known;
        _ids[0].Add(expected);
        _ids[1].Add(actual);
        return NumberMin + (ulong)_ids[0].Count - 1;
    }

    public ulong IdOf(int side, ulong number) =>
        number >= NumberMin && number < NumberMin + (ulong)_ids[side].Count ? _ids[side][(int)(number - NumberMin)] : number;

    public ulong NumberOf(int side, ulong id) => _ids[side].IndexOf(id) is >= 0 and var at ? NumberMin + (ulong)at : id;
}

using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>The left side of a condition: something about a key, waiting for what it is compared with.</summary>
/// <typeparam name="T">What it is compared with.</typeparam>
public sealed class Comparison<T>
{
    private readonly KeyRange _range;
    private readonly Compare.Types.CompareTarget _target;
    private readonly Action<Compare, T> _set;

    internal Comparison(KeyRange range, Compare.Types.CompareTarget target, Action<Compare, T> set)
    {
        _range = range;
        _target = target;
        _set = set;
    }

    /// <summary>Equal to this.</summary>
    public Condition Is(T value) => To(Compare.Types.CompareResult.Equal, value);

    /// <summary>Different from this.</summary>
    public Condition IsNot(T value) => To(Compare.Types.CompareResult.NotEqual, value);

    /// <summary>Greater than this; values are compared byte by byte.</summary>
    public Condition IsGreaterThan(T value) => To(Compare.Types.CompareResult.Greater, value);

    /// <summary>Less than this; values are compared byte by byte.</summary>
    public Condition IsLessThan(T value) => To(Compare.Types.CompareResult.Less, value);

    private Condition To(Compare.Types.CompareResult result, T value)
    {
        var compare = new Compare { Key = _range.Key, RangeEnd = _range.End, Target = _target, Result = result };
        _set(compare, value);
        return new Condition(compare);
    }
}

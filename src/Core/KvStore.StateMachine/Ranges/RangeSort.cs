using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// The sorted answers of a Range. Everything in the range is collected as metadata, sorted, and copied up to the limit. Ties keep
/// the key order in both directions; etcd's sort leaves them open.
/// </summary>
internal static class RangeSort
{
    public static EtcdError? Write(MvccReader reader, in RangeFields range, Revision at, ByteWriter body, int bytesMax)
    {
        var bytes = new ByteWriter();
        var pairs = new List<Pair>();
        if (Collect(reader, range, at, pairs, bytes, bytesMax) is { } error)
            return error;
        Sort(range, pairs, bytes);

        var limited = range.Limit > 0 && pairs.Count > range.Limit;
        var count = limited ? (int)range.Limit : pairs.Count;
        var start = body.WrittenCount;
        for (var i = 0; i < count; i++)
        {
            var pair = pairs[i];
            if (body.WrittenCount - start > bytesMax - pair.Meta.StoredBytes)
                return EtcdErrors.ResponseTooLarge;
            RangeEvaluator.WritePair(reader, range, bytes.WrittenSpan.Slice(pair.KeyStart, pair.KeyLength), pair.Meta, body);
        }

        RangeEvaluator.WriteMore(body, limited);
        return null;
    }

    private static EtcdError? Collect(MvccReader reader, in RangeFields range, Revision at, List<Pair> pairs, ByteWriter bytes, int bytesMax)
    {
        var byValue = range.SortTarget == SortTargets.Value;
        var left = FetchLimit(range);
        var stored = new ByteWriter();
        var cursor = reader.Seek(range.Key, range.End, at);
        while (left-- > 0 && cursor.MoveNext())
        {
            var meta = cursor.Meta;
            if (!RangeEvaluator.Passes(range, meta))
                continue;
            var pair = new Pair { Meta = meta };
            if (range.KeysOnly)
            {
                pair.KeyStart = bytes.WrittenCount;
                pair.KeyLength = cursor.Key.Length;
                bytes.Write(cursor.Key);
            }

            if (byValue)
            {
                stored.Clear();
                reader.CopyKeyValue(meta, stored);
                var value = KeyValueFields.ValueOf(stored.WrittenSpan);
                pair.ValueStart = bytes.WrittenCount;
                pair.ValueLength = value.Length;
                bytes.Write(value);
            }

            // Values are held until they are sorted: they count as the answer does.
            if (bytes.WrittenCount > bytesMax)
                return EtcdErrors.ResponseTooLarge;
            pairs.Add(pair);
        }

        return null;
    }

    private static long FetchLimit(in RangeFields range)
    {
        var unlimited = range.Limit <= 0 || !RangeEvaluator.IsKeyOrder(range) || range.HasRevisionFilters;
        return unlimited || range.Limit == long.MaxValue ? long.MaxValue : range.Limit + 1;
    }

    private static void Sort(in RangeFields range, List<Pair> pairs, ByteWriter bytes)
    {
        var sign = range.SortOrder == SortOrders.Descend ? -1 : 1;
        if (range.SortTarget == SortTargets.Key)
        {
            if (sign < 0)
                pairs.Reverse();
            return;
        }

        var target = range.SortTarget;
        for (var i = 0; i < pairs.Count; i++)
            pairs[i] = pairs[i] with { Place = i };
        pairs.Sort((left, right) =>
        {
            var order = target == SortTargets.Value
                ? Value(bytes, left).SequenceCompareTo(Value(bytes, right))
                : Number(target, left.Meta).CompareTo(Number(target, right.Meta));
            return order != 0 ? sign * order : left.Place.CompareTo(right.Place);
        });
    }

    private static ReadOnlySpan<byte> Value(ByteWriter bytes, in Pair pair) => bytes.WrittenSpan.Slice(pair.ValueStart, pair.ValueLength);

    private static long Number(int target, in KeyMeta meta) => target switch
    {
        SortTargets.Version => meta.Version,
        SortTargets.Create => meta.Created.Value,
        _ => meta.Modified.Main.Value,
    };

    private record struct Pair
    {
        public KeyMeta Meta;
        public int KeyStart;
        public int KeyLength;
        public int ValueStart;
        public int ValueLength;
        public int Place;
    }
}

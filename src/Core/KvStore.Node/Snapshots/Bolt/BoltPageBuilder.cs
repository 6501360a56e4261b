using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Node.Snapshots.Bolt;

/// <summary>One level of a tree that is written from left to right: the page that is being filled, and how many were before it.</summary>
internal sealed class BoltPageBuilder(ushort flags)
{
    // A branch of one child would make the tree as high as it is wide when keys fill pages; two at least halve every level.
    private readonly int _elementsMin = flags == BoltFormat.BranchFlag ? 2 : 1;
    private readonly ByteWriter _data = new(BoltFormat.PageBytes);
    private readonly List<(uint Flags, int KeyBytes, int ValueBytes, ulong Child)> _elements = [];

    public ulong Pages { get; private set; }

    public bool IsEmpty => _elements.Count == 0;

    /// <summary>The first key of the page that is being filled.</summary>
    public ReadOnlySpan<byte> FirstKey => IsEmpty ? default : _data.WrittenSpan[.._elements[0].KeyBytes];

    public bool HasRoomFor(int keyBytes, int valueBytes) =>
        _elements.Count < _elementsMin || UsedBytes + BoltFormat.ElementBytes + keyBytes + valueBytes <= BoltFormat.PageBytes;

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, uint elementFlags, ulong child)
    {
        _elements.Add((elementFlags, key.Length, value.Length, child));
        _data.Write(key);
        _data.Write(value);
    }

    /// <summary>Appends the page, padded to whole pages, and begins the next; returns how many pages it takes.</summary>
    public int Emit(ByteWriter output, ulong id)
    {
        var used = UsedBytes;
        var pages = (used + BoltFormat.PageBytes - 1) / BoltFormat.PageBytes;
        var page = output.Take(pages * BoltFormat.PageBytes);
        page[used..].Clear();
        BoltFormat.WritePageHeader(page, id, flags, _elements.Count, pages - 1);
        var dataAt = BoltFormat.PageHeaderBytes + (BoltFormat.ElementBytes * _elements.Count);
        _data.WrittenSpan.CopyTo(page[dataAt..]);
        for (var i = 0; i < _elements.Count; i++)
        {
            var elementAt = BoltFormat.PageHeaderBytes + (BoltFormat.ElementBytes * i);
            WriteElement(page.Slice(elementAt, BoltFormat.ElementBytes), dataAt - elementAt, _elements[i]);
            dataAt += _elements[i].KeyBytes + _elements[i].ValueBytes;
        }

        _elements.Clear();
        _data.Clear();
        Pages++;
        return pages;
    }

    private int UsedBytes => BoltFormat.PageHeaderBytes + (BoltFormat.ElementBytes * _elements.Count) + _data.WrittenCount;

    private void WriteElement(Span<byte> element, int position, (uint Flags, int KeyBytes, int ValueBytes, ulong Child) from)
    {
        if (flags == BoltFormat.BranchFlag)
        {
            BinaryPrimitives.WriteInt32LittleEndian(element, position);
            BinaryPrimitives.WriteInt32LittleEndian(element[4..], from.KeyBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(element[8..], from.Child);
            return;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(element, from.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(element[4..], position);
        BinaryPrimitives.WriteInt32LittleEndian(element[8..], from.KeyBytes);
        BinaryPrimitives.WriteInt32LittleEndian(element[12..], from.ValueBytes);
    }
}

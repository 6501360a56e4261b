using System.Text;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Headers;

public sealed class AuthorityRepairTests
{
    // What etcdctl 3.4 sends for `--endpoints http://127.0.0.1:34561 endpoint status`, without what comes after the authority.
    private static readonly byte[] _status = Convert.FromHexString("8386459760a924882d9dcb6571afa066a925a87510ac6e48d36a3f41909d29aee30c044eae05c0b86e32d36e07");

    [Fact]
    public void Scheme_InACodedAuthority_IsTakenOut()
    {
        byte[] expected = [.. _status.AsSpan(0, _status.Length - 18), 0x41, 15, .. "127.0.0.1:34561"u8];
        Assert.Equal(expected, AuthorityRepair.Mend(_status));
    }

    [Theory]
    [InlineData(0x41)]
    [InlineData(0x01)]
    [InlineData(0x11)]
    public void Scheme_InAPlainAuthority_IsTakenOut(byte first)
    {
        byte[] block = [0x83, 0x3f, 0xe1, 0x1f, first, 15, .. "http://host:123"u8, 0x00, 1, (byte)'a', 1, (byte)'b'];
        byte[] expected = [0x83, 0x3f, 0xe1, 0x1f, first, 8, .. "host:123"u8, 0x00, 1, (byte)'a', 1, (byte)'b'];
        Assert.Equal(expected, AuthorityRepair.Mend(block));
    }

    [Theory]
    [InlineData("host:123")]
    [InlineData("http://")]
    [InlineData("https://host")]
    [InlineData("")]
    public void Authority_ThatIsNoEndpointInClearText_StaysAsItIs(string authority) =>
        Assert.Null(AuthorityRepair.Mend([0x83, 0x41, (byte)authority.Length, .. Encoding.Latin1.GetBytes(authority), 0x86]));

    [Fact]
    public void Garbage_IsNotMendedAndThrowsNothing()
    {
        var prng = new Prng(5);
        for (var i = 0; i < 20_000; i++)
        {
            var block = _status.ToArray();
            for (var changes = prng.Below(4); changes >= 0; changes--)
                block[prng.Below(block.Length)] = (byte)prng.NextUInt64();
            if (AuthorityRepair.Mend(block.AsSpan(0, prng.Below(block.Length + 1))) is { } mended)
                Assert.InRange(mended.Length, 1, block.Length * 2);
        }
    }

    [Theory]
    [InlineData("f8", null)] // '&'
    [InlineData("07", "0")] // one character and three bits of padding
    [InlineData("ff", null)] // a byte of padding
    [InlineData("00", null)] // padding with zeros
    [InlineData("ffdfff8f", null)]
    [InlineData("", "")]
    public void Huffman_EndsAsItShouldOrIsNotRead(string coded, string? expected) =>
        Assert.Equal(expected, AuthorityHuffman.Decode(Convert.FromHexString(coded)));

    [Fact]
    public void Huffman_BracketsAndNames_AreRead()
    {
        // "[::1]:80" and "a-B.z"
        Assert.Equal("[::1]:80", AuthorityHuffman.Decode(Bits("1111111111011 1011100 1011100 00001 1111111111100 1011100 011110 00000")));
        Assert.Equal("a-B.z", AuthorityHuffman.Decode(Bits("00011 010110 1011101 010111 1111011")));
    }

    private static byte[] Bits(string text)
    {
        var bits = text.Replace(" ", "", StringComparison.Ordinal);
        bits = bits.PadRight((bits.Length + 7) / 8 * 8, '1');
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }
}

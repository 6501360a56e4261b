using System.Text;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Headers;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("1n", 1)]
    [InlineData("100n", 1)]
    [InlineData("101n", 2)]
    [InlineData("1u", 10)]
    [InlineData("1m", 10_000)]
    [InlineData("1S", 10_000_000)]
    [InlineData("1M", 600_000_000)]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("0S", 0)]
    public void Timeout_Valid_IsReadInTicks(string text, long ticks)
    {
        Assert.True(TimeoutGrammar.TryParse(text, out var timeout, out _));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Fact]
    public void Timeout_Longest_IsCappedNotOverflown()
    {
        Assert.True(TimeoutGrammar.TryParse("99999999H", out var timeout, out _));
        Assert.Equal(TimeoutGrammar.Longest, timeout);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1 S")]
    [InlineData("1s")]
    [InlineData("1.5S")]
    [InlineData("٣S")]
    public void Timeout_Invalid_IsRefused(string text) => Assert.False(TimeoutGrammar.TryParse(text, out _, out _));

    [Fact]
    public void Timeout_FormattedAndRead_IsNeverShorterAndAtMostOneUnitLonger()
    {
        var prng = new Prng(3);
        for (var i = 0; i < 10_000; i++)
        {
            var timeout = TimeSpan.FromTicks(prng.Between(0, TimeoutGrammar.Longest.Ticks >> prng.Below(50)));
            var text = TimeoutGrammar.Format(timeout);
            Assert.True(text.Length <= 9);
            Assert.True(TimeoutGrammar.TryParse(text, out var read, out _));
            Assert.True(read >= timeout);
            Assert.True(read - timeout <= TimeSpan.FromSeconds(Math.Max(1, timeout.TotalSeconds / 1_000_000)));
        }
    }

    [Theory]
    [InlineData("plain text!", "plain text!")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("ü", "%C3%BC")]
    [InlineData("😀", "%F0%9F%98%80")]
    public void Message_Encoded_ComesBack(string text, string encoded)
    {
        Assert.Equal(encoded, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    public void Message_BadEscapes_AreKept(string encoded, string text) => Assert.Equal(text, PercentEncoding.Decode(encoded));

    [Fact]
    public void Message_Garbage_NeverThrows()
    {
        var prng = new Prng(11);
        for (var i = 0; i < 10_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, prng.Below(20)).Select(_ => prng.Chance(1, 3) ? '%' : (char)prng.Below(0x110))]);
            PercentEncoding.Decode(text);
            Assert.Equal(PercentEncoding.Encode(text), PercentEncoding.Encode(PercentEncoding.Decode(PercentEncoding.Encode(text))));
        }
    }

    [Fact]
    public void Binary_WithAndWithoutPadding_IsRead()
    {
        Assert.Equal("AQ", BinaryMetadata.Encode([1]));
        foreach (var text in new[] { "AQ", "AQ==" })
        {
            Assert.True(BinaryMetadata.TryDecode(text, out var bytes));
            Assert.Equal([1], bytes);
        }

        Assert.False(BinaryMetadata.TryDecode("A", out _));
        Assert.False(BinaryMetadata.TryDecode("!!!!", out _));
    }

    [Fact]
    public void Text_NotUtf8_IsSaidNotThrown()
    {
        // Ada Logics 2022: invalid UTF-8 in client-api-version.
        Assert.True(MetadataText.TryDecode("3.5", out var ascii));
        Assert.Equal("3.5", ascii);
        Assert.True(MetadataText.TryDecode(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("ü")), out var text));
        Assert.Equal("ü", text);
        Assert.False(MetadataText.TryDecode("\u00ff\u00fe", out _));
    }

    [Theory]
    [InlineData("grpc-status")]
    [InlineData(":path")]
    [InlineData("te")]
    [InlineData("a b")]
    [InlineData("")]
    public void Metadata_NamesOfTheTransport_AreRefused(string name) => Assert.Throws<ArgumentException>(() => new Metadata().Add(name, "x"));

    [Fact]
    public void Metadata_UnprintableValue_IsRefused() => Assert.Throws<ArgumentException>(() => new Metadata().Add("a", "x\r\ny: z"));
}

using KvStore.Server.Configuration;

namespace KvStore.Server.Tests.Configuration;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("300ms", 300)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("2h45m", 9_900_000)]
    [InlineData("-1s", -1000)]
    [InlineData("1m0s", 60_000)]
    public void Text_AsGoReadsIt(string text, double millis)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(millis), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5x")]
    [InlineData("99999999999999h")]
    public void Garbage_IsRefused(string text) => Assert.False(GoDuration.TryParse(text, out _));
}

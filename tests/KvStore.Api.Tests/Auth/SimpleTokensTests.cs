using KvStore.Api.Security;
using KvStore.StateMachine;

namespace KvStore.Api.Tests.Auth;

public sealed class SimpleTokensTests
{
    private static readonly AuthRevision Current = new(7);
    private readonly ManualTime _time = new();

    [Fact]
    public void Token_LivesAsLongAsItIsUsed()
    {
        using var tokens = new SimpleTokens(_time, TimeSpan.FromSeconds(300));
        tokens.Assign("a", "t.1");
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(299));
            Assert.True(tokens.TryIdentify("t.1", Current, out var caller));
            Assert.Equal(new Caller("a", Current), caller);
        }

        _time.Advance(TimeSpan.FromSeconds(301));
        Assert.False(tokens.TryIdentify("t.1", Current, out _));
    }

    [Fact]
    public void RevokeUser_TakesTheTokensOfThatUserOnly()
    {
        using var tokens = new SimpleTokens(_time, TimeSpan.FromSeconds(300));
        tokens.Assign("a", "t.1");
        tokens.Assign("a", "t.2");
        tokens.Assign("b", "t.3");
        tokens.RevokeUser("a");
        Assert.False(tokens.TryIdentify("t.1", Current, out _));
        Assert.True(tokens.TryIdentify("t.3", Current, out _));
        Assert.Equal(1, tokens.Count);
        tokens.RevokeAll();
        Assert.Equal(0, tokens.Count);
    }

    // #22338: the table has an end, and what was used last stays.
    [Fact]
    public void Assign_BeyondTheLimit_ForgetsTheLongestUnused()
    {
        using var tokens = new SimpleTokens(_time, TimeSpan.FromSeconds(300), countMax: 16);
        for (var i = 0; i < 1000; i++)
        {
            tokens.Assign("a", $"t.{i}");
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(tokens.TryIdentify("t.0", Current, out _));
            Assert.True(tokens.Count <= 16, $"{tokens.Count} tokens");
        }

        Assert.True(tokens.TryIdentify("t.999", Current, out _));
        Assert.False(tokens.TryIdentify("t.1", Current, out _));
    }

    [Theory]
    [InlineData("abc.12", 12UL)]
    [InlineData("abc", null)]
    [InlineData("abc.", null)]
    [InlineData("abc.-1", null)]
    [InlineData("abc.1.2", null)]
    [InlineData("", null)]
    [InlineData(".99999999999999999999999", null)]
    public void Index_IsWhatFollowsTheDot(string token, ulong? expected)
    {
        using var tokens = new SimpleTokens(_time, TimeSpan.FromSeconds(300));
        Assert.Equal(expected is not null, tokens.TryGetIndex(token, out var index));
        if (expected is not null)
            Assert.Equal(expected, index.Value);
        Assert.False(tokens.TryIdentify(token, Current, out _));
    }
}

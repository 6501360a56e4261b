using KvStore.Server.Configuration;

namespace KvStore.Server.Tests.Configuration;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--name=a")]
    [InlineData("-name=a")]
    [InlineData("--name", "a")]
    [InlineData("-name", "a")]
    [InlineData("--name=b", "--name", "a")]
    public void Value_InEveryForm_IsTheLastOneGiven(params string[] arguments) =>
        Assert.Equal("a", CommandLine.Read(arguments).Values["name"]);

    [Theory]
    [InlineData("true", "--client-cert-auth")]
    [InlineData("true", "-client-cert-auth=1")]
    [InlineData("false", "--client-cert-auth=false")]
    public void Bool_WithoutValue_IsTrueAndNeverTakesTheNextWord(string expected, string argument)
    {
        var result = CommandLine.Read([argument, "--name", "x"]);
        Assert.True(CommandLine.TryReadBool(result.Values["client-cert-auth"], out var value));
        Assert.Equal(bool.Parse(expected), value);
        Assert.Equal("x", result.Values["name"]);
    }

    [Theory]
    [InlineData(2, "flag provided but not defined: -no-such", "--no-such=1")]
    [InlineData(2, "flag needs an argument: -name", "--name")]
    [InlineData(2, "bad flag syntax: ---name", "---name")]
    [InlineData(2, "flag provided but not defined: -experimental-name", "--experimental-name=a")]
    [InlineData(2, "invalid boolean value \"maybe\" for -auto-tls: parse error", "--auto-tls=maybe")]
    [InlineData(1, "\"serve\" is not a valid flag", "serve")]
    public void WrongWord_IsOneClearLineWithGosExitCode(int exitCode, string message, params string[] arguments)
    {
        var exception = Assert.Throws<ConfigurationException>(() => CommandLine.Read(arguments));
        Assert.Equal(message, exception.Message);
        Assert.Equal(exitCode, exception.ExitCode);
    }

    [Fact]
    public void LegacyFlag_IsSkippedWithItsValue()
    {
        var result = CommandLine.Read(["--retry-interval", "5", "--name=a"]);
        Assert.Equal(["retry-interval"], result.Legacy);
        Assert.Equal("a", result.Values["name"]);
    }

    [Fact]
    public void HelpAndVersion_AreActions()
    {
        Assert.Equal(CommandLineAction.Help, CommandLine.Read(["-h"]).Action);
        Assert.Equal(CommandLineAction.Version, CommandLine.Read(["--version"]).Action);
    }
}

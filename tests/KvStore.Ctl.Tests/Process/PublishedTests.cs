using System.Reflection.PortableExecutable;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Process;

/// <summary>The program as it is handed out.</summary>
public sealed class PublishedTests
{
    /// <summary>Code compiled ahead of time is what makes a command start fast; the time itself is the machine's.</summary>
    [Theory]
    [InlineData("kvctl.dll")]
    [InlineData("KvStore.Client.dll")]
    [InlineData("KvStore.Grpc.Client.dll")]
    [InlineData("KvStore.Protocol.dll")]
    [InlineData("Google.Protobuf.dll")]
    public void Assembly_IsCompiledAheadOfTime(string name)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(Checkout.PublishedCtl, name)));
        Assert.NotEqual(0, file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
    }

    [Fact]
    public async Task Published_Runs()
    {
        var published = await ChildProcess.RunAsync(Path.Combine(Checkout.PublishedCtl, "kvctl"), ["version"]);
        Assert.Equal(await ChildProcess.RunAsync(Checkout.Ctl, ["version"]), published);
        Assert.Equal(0, published.ExitCode);
    }
}

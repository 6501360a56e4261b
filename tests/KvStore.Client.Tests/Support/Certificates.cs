using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Support;

/// <summary>Certificates made by the script that is shipped.</summary>
internal static class Certificates
{
    /// <summary>As the script is told: an authority, a member or a client, into the folder.</summary>
    public static async Task MakeAsync(string folder, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(Path.Combine(Checkout.Root, "deploy/certs/make-certs.sh"), [folder, .. arguments]);
        Assert.True(result.ExitCode == 0, result.Errors);
    }
}

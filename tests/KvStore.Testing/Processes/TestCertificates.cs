namespace KvStore.Testing.Processes;

/// <summary>Certificates made by the script that is shipped.</summary>
public static class TestCertificates
{
    /// <summary>As the script is told: an authority, a member or a client, into the folder. Throws what it said when it failed.</summary>
    public static async Task MakeAsync(string folder, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(Path.Combine(Checkout.Root, "deploy/certs/make-certs.sh"), [folder, .. arguments]);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"make-certs.sh {string.Join(' ', arguments)}: exit code {result.ExitCode}: {result.Errors}");
    }
}

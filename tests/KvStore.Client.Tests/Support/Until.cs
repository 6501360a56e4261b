namespace KvStore.Client.Tests.Support;

/// <summary>Asks again until it is so: for what nobody tells.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<Task<bool>> question)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var patience = Limits.Patient();
        while (!await question())
            await timer.WaitForNextTickAsync(patience);
    }
}

namespace KvStore.Grpc.Tests.Peer;

/// <summary>Two members that know each other.</summary>
internal sealed class Pair : IAsyncDisposable
{
    public required Member A { get; init; }

    public required Member B { get; init; }

    public static async Task<Pair> StartAsync()
    {
        var pair = new Pair { A = await Member.StartAsync(1), B = await Member.StartAsync(2) };
        pair.A.Meet(pair.B);
        pair.B.Meet(pair.A);
        pair.A.Start();
        pair.B.Start();
        while (pair.A.Network.ConnectedFor(pair.B.Id) is null || pair.B.Network.ConnectedFor(pair.A.Id) is null)
            await Task.Yield();
        return pair;
    }

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
    }
}

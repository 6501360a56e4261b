using KvStore.Load.Loops;
using KvStore.Primitives;

namespace KvStore.Load.Tests.Loops;

/// <summary>Calls that a test answers.</summary>
/// <param name="call">Given the number of the client and of its call; the bytes answered.</param>
internal sealed class FakeWorkload(Func<int, int, CancellationToken, ValueTask<long>> call) : IWorkload
{
    private int _disposed;

    public string Name => "fake";

    public int Disposed => _disposed;

    public ILoadClient ClientOf(int number, LoadPlan plan, Prng random) => new Client(this, number);

    private sealed class Client(FakeWorkload load, int number) : ILoadClient
    {
        private int _calls;

        public ValueTask<long> CallAsync(CancellationToken cancellationToken) => load.Answer(number, _calls++, cancellationToken);

        public void Dispose() => Interlocked.Increment(ref load._disposed);
    }

    private ValueTask<long> Answer(int number, int index, CancellationToken cancellationToken) => call(number, index, cancellationToken);
}

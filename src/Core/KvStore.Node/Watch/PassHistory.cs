namespace KvStore.Node.Watch;

/// <summary>The store's past during one pass: opened when the first event needs it, for most passes never.</summary>
internal sealed class PassHistory(IWatchHistory history) : IDisposable
{
    private IWatchHistoryView? _view;

    public IWatchHistoryView View => _view ??= history.Open();

    public void Dispose() => _view?.Dispose();
}

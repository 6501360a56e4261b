using KvStore.Node.Messages;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Node.Background;

/// <summary>The copies of the store that callers read: each costs the files of the store as long as it is out.</summary>
internal sealed class StoreCopies(NodeOptions options, StoreCatalog catalog, IReplies<Reply> replies)
{
    private readonly List<StoreCopy> _out = [];

    public void Make(RequestId request, StoreCopy copy, OpenStore of)
    {
        if (_out.Count >= options.StoreCopiesMax)
        {
            replies.Complete(request, Replies.Refused(request, EtcdErrors.TooManyRequests));
            return;
        }

        if (catalog.TryCopy(of.Store) is not { } made)
        {
            replies.Complete(request, Replies.Refused(request, StorageErrors.NoSpaceForCopy));
            return;
        }

        (copy.Path, copy.Store) = made;
        _out.Add(copy);
        replies.Complete(request, Replies.Done(request));
    }

    /// <summary>Also for a copy that was refused: whoever asked gives back in any case.</summary>
    public void GiveBack(StoreCopy copy)
    {
        if (!_out.Remove(copy))
            return;
        copy.Store!.Dispose();
        catalog.Discard(copy.Path);
    }

    public void Close()
    {
        foreach (var copy in _out)
            copy.Store!.Dispose();
    }
}

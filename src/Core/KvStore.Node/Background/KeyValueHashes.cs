using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Node.Background;

/// <summary>Hashes of the key space that clients asked for (HashKV), one after the other, in slices.</summary>
internal sealed class KeyValueHashes(IReplies<Reply> replies)
{
    // Fields of HashKVResponse.
    private const int HashField = 2;
    private const int CompactRevisionField = 3;
    private const int HashRevisionField = 4;

    private readonly Queue<(RequestId Request, MvccView View, KeyValueHash Hash)> _jobs = new();

    public bool HasWork => _jobs.Count > 0;

    public void Add(RequestId request, Revision at, MvccStore store)
    {
        var view = store.OpenView();
        var error = at > view.Current ? EtcdErrors.FutureRevision
            : at > Revision.Zero && at < view.Compacted ? EtcdErrors.Compacted
            : null;
        if (error is null)
        {
            _jobs.Enqueue((request, view, view.BeginHash(at > Revision.Zero ? at : Revision.Zero)));
            return;
        }

        replies.Complete(request, new Reply { Request = request, Error = error, Revision = view.Current });
        view.Dispose();
    }

    /// <summary>One slice of the first hash.</summary>
    public void Advance(int revisionsMax)
    {
        if (!_jobs.TryPeek(out var job) || !job.Hash.Next(revisionsMax))
            return;
        _jobs.Dequeue();
        var body = new ByteWriter(32);
        body.WriteInt64Field(HashField, job.Hash.Value);
        body.WriteInt64Field(CompactRevisionField, job.Hash.CompactRevision);
        body.WriteInt64Field(HashRevisionField, job.Hash.Revision.Value);
        replies.Complete(job.Request, new Reply { Request = job.Request, Body = body.WrittenMemory, Revision = job.View.Current });
        job.View.Dispose();
    }

    public void Close()
    {
        while (_jobs.TryDequeue(out var job))
            job.View.Dispose();
    }
}

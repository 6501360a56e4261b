using Google.Protobuf;
using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Snapshots;
using KvStore.Simulation.Store;

namespace KvStore.StateMachine.Tests.Support;

/// <summary>One replica: a simulated store with a state machine on it, fed with entries. Commits after each unless told otherwise.</summary>
internal sealed class Machine : IDisposable
{
    private readonly SimulatedStoreProvider _provider;
    private readonly ApplierOptions _options;
    private IOrderedStore _store = null!;
    private ulong _nextRequest = 1;

    public Machine(ApplierOptions? options = null, ulong seed = 1, SimulatedStoreOptions? storeOptions = null)
    {
        _options = options ?? new ApplierOptions();
        _provider = new SimulatedStoreProvider(new Prng(seed), storeOptions ?? new SimulatedStoreOptions());
        Open();
    }

    public MvccStore Keys { get; private set; } = null!;

    public Applier Applier { get; private set; } = null!;

    public IOrderedStore Store => _store;

    public bool CommitsEachEntry { get; set; } = true;

    public Instant Now { get; set; } = new(TimeSpan.TicksPerDay);

    public Lessor Leases => Applier.Leases;

    public static LogEntry Entry(ulong index, CommandKind kind, IMessage request, ulong id = 1, ulong term = 1, Caller caller = default)
    {
        var command = new ByteWriter();
        var encoded = new ByteWriter();
        caller.WriteTo(encoded);
        CommandWriter.Write(command, new RequestId(id), encoded.WrittenSpan, kind, request.ToByteArray());
        return new LogEntry(new Term(term), new LogIndex(index), LogEntryKind.Command, command.ToArray());
    }

    public Reply Apply(in LogEntry entry)
    {
        var reply = Applier.Apply(entry, Now);
        if (CommitsEachEntry)
            Applier.Commit();
        return reply;
    }

    public Reply Apply(CommandKind kind, IMessage request) =>
        Apply(Entry(Applier.State.Index.Value + 1, kind, request, _nextRequest++));

    public Reply ApplyAs(Caller caller, CommandKind kind, IMessage request) =>
        Apply(Entry(Applier.State.Index.Value + 1, kind, request, _nextRequest++, caller: caller));

    public Reply Change(params MembershipStep[] steps) => Change(0, steps);

    public Reply Change(uint learnersMax, params MembershipStep[] steps)
    {
        return Change(new MembershipCommand { LearnersMax = learnersMax, Steps = { steps } });
    }

    public Reply Change(MembershipCommand command)
    {
        command.RequestId = _nextRequest++;
        return Apply(new LogEntry(new Term(1), Applier.State.Index.Next, LogEntryKind.Membership, command.ToByteArray()));
    }

    public PutResponse Put(string key, string value, long lease = 0) => PutResponse.Parser.ParseFrom(Done(
        Apply(CommandKind.Put, new PutRequest { Key = Bytes(key), Value = Bytes(value), Lease = lease })));

    public DeleteRangeResponse Delete(string key, string end = "") => DeleteRangeResponse.Parser.ParseFrom(Done(
        Apply(CommandKind.DeleteRange, new DeleteRangeRequest { Key = Bytes(key), RangeEnd = Bytes(end) })));

    public Reply Txn(TxnRequest txn) => Apply(CommandKind.Txn, txn);

    public TxnResponse TxnDone(TxnRequest txn) => TxnResponse.Parser.ParseFrom(Done(Txn(txn)));

    public Reply Compact(long revision, bool physical = false) =>
        Apply(CommandKind.Compaction, new CompactionRequest { Revision = revision, Physical = physical });

    public Reply Grant(long lease, long ttl) => Apply(CommandKind.LeaseGrant, new LeaseGrantRequest { ID = lease, TTL = ttl });

    public Reply Revoke(long lease) => Apply(CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = lease });

    public Reply Checkpoint(long lease, long remaining) => Apply(CommandKind.LeaseCheckpoint, new LeaseCheckpointRequest
    {
        Checkpoints = { new LeaseCheckpoint { ID = lease, RemainingTTL = remaining } },
    });

    public Reply Alarm(AlarmRequest.Types.AlarmAction action, ulong member, AlarmType alarm) =>
        Apply(CommandKind.Alarm, new AlarmRequest { Action = action, MemberID = member, Alarm = alarm });

    /// <summary>Evaluates a Range on a view; the error, or the response.</summary>
    public (Protocol.EtcdError? Error, RangeResponse Response) Range(RangeRequest request)
    {
        using var view = Keys.OpenView();
        Assert.True(RangeFields.TryRead(request.ToByteArray(), out var range));
        var body = new ByteWriter();
        var error = RangeEvaluator.Evaluate(view, range, body, int.MaxValue);
        return (error, error is null ? RangeResponse.Parser.ParseFrom(body.WrittenSpan) : new RangeResponse());
    }

    public RangeResponse RangeDone(string key, string end = "", long revision = 0)
    {
        var (error, response) = Range(new RangeRequest { Key = Bytes(key), RangeEnd = Bytes(end), Revision = revision });
        Assert.Null(error);
        return response;
    }

    public IReadOnlyList<string> KeysOf(long lease)
    {
        var keys = new List<ReadOnlyMemory<byte>>();
        Leases.CopyKeysTo(new LeaseId(lease), keys);
        return [.. keys.Select(key => ByteString.CopyFrom(key.Span).ToStringUtf8())];
    }

    /// <summary>Closes the store and loads everything again from it.</summary>
    public void Restart()
    {
        _store.Dispose();
        Open();
    }

    /// <summary>Loses an unflushed suffix of the committed batches, and everything in memory.</summary>
    public void Crash()
    {
        _provider.Crash();
        Open();
    }

    public void SweepAll()
    {
        while (Keys.Sweep.Next(1000) is SweepProgress.More)
        {
        }
    }

    public void Dispose() => _store.Dispose();

    public static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    private static ReadOnlySpan<byte> Done(Reply reply)
    {
        Assert.Null(reply.Error);
        return reply.Body.Span;
    }

    private void Open()
    {
        _store = _provider.Open("store");
        Keys = MvccStore.Open(_store, new MvccOptions(), SilentTrace.Instance);
        Applier = new Applier(Keys, _store, _options, SilentTrace.Instance);
    }
}

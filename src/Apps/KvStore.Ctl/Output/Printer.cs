using Google.Protobuf;
using KvStore.Node.Snapshots;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Output;

/// <summary>One output format. What a format has no form of its own for goes to <see cref="Message"/>; a format may refuse it.</summary>
internal abstract class Printer(TextWriter output)
{
    protected TextWriter Output => output;

    public static Printer Create(string format, bool hex, TextWriter output) => format switch
    {
        "simple" => new SimplePrinter(hex, output),
        "fields" => new FieldsPrinter(hex, output),
        "json" => new JsonPrinter(hex, output),
        "protobuf" => new ProtobufPrinter(output),
        "table" => new TablePrinter(output),
        _ => throw new CtlException(ExitCode.BadFeature, "unsupported output format"),
    };

    public virtual void Get(RangeResponse answer) => Message(answer);

    public virtual void Put(PutResponse answer) => Message(answer);

    public virtual void Del(DeleteRangeResponse answer) => Message(answer);

    public virtual void Txn(TxnResponse answer) => Message(answer);

    public virtual void Watch(WatchResponse answer) => Message(answer);

    public virtual void Grant(LeaseGrantResponse answer) => Message(answer);

    public virtual void Revoke(long id, LeaseRevokeResponse answer) => Message(answer);

    public virtual void KeepAlive(LeaseKeepAliveResponse answer) => Message(answer);

    public virtual void TimeToLive(LeaseTimeToLiveResponse answer, bool withKeys) => Message(answer);

    public virtual void Leases(LeaseLeasesResponse answer) => Message(answer);

    public virtual void MemberAdd(MemberAddResponse answer) => Message(answer);

    public virtual void MemberRemove(ulong id, MemberRemoveResponse answer) => Message(answer);

    public virtual void MemberUpdate(ulong id, MemberUpdateResponse answer) => Message(answer);

    public virtual void MemberPromote(ulong id, MemberPromoteResponse answer) => Message(answer);

    public virtual void MemberList(MemberListResponse answer) => Message(answer);

    public virtual void EndpointHealth(IReadOnlyList<EndpointHealth> endpoints, TextWriter errors) => Refuse();

    public virtual void EndpointStatus(IReadOnlyList<EndpointStatus> endpoints) => Refuse();

    public virtual void EndpointHash(IReadOnlyList<EndpointHash> endpoints) => Refuse();

    public virtual void Snapshot(SnapshotStatus status) => Refuse();

    public virtual void SnapshotHash(SnapshotHash hash) => Refuse();

    public virtual void MoveLeader(ulong from, ulong to, MoveLeaderResponse answer) => Message(answer);

    public virtual void Alarm(AlarmResponse answer) => Message(answer);

    /// <summary>An answer with a sentence of its own in the simple format, for commands that only confirm.</summary>
    public virtual void Confirm(IMessage answer, string sentence) => Message(answer);

    protected abstract string Format { get; }

    protected virtual void Message(IMessage answer) => Refuse();

    protected void Line(string text) => output.Write(text + "\n");

    protected void Refuse() => throw new CtlException(ExitCode.BadFeature, $"{Format} not supported as output format");
}

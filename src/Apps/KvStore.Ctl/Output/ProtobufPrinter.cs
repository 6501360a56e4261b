using Google.Protobuf;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Output;

/// <summary>
/// The encoded answer and nothing else. etcdctl encodes a lease's answer as its header alone (its Go struct embeds the header and so
/// inherits the header's encoding); scripts have it that way, so have we.
/// </summary>
internal sealed class ProtobufPrinter(TextWriter output) : Printer(output)
{
    protected override string Format => "protobuf";

    public override void Watch(WatchResponse answer) => Message(new WatchResponse
    {
        Header = answer.Header,
        Events = { answer.Events },
        CompactRevision = answer.CompactRevision,
        Canceled = answer.Canceled,
        Created = answer.Created,
    });

    public override void Grant(LeaseGrantResponse answer) => Message(answer.Header);

    public override void KeepAlive(LeaseKeepAliveResponse answer) => Message(answer.Header);

    public override void TimeToLive(LeaseTimeToLiveResponse answer, bool withKeys) => Message(answer.Header);

    public override void Leases(LeaseLeasesResponse answer) => Message(answer.Header);

    protected override void Message(IMessage answer) => Output.Write(GoText.OfBytes(answer.ToByteArray()));
}

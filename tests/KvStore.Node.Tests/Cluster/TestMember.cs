using KvStore.Node.Bootstrap;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Simulation.Disk;
using KvStore.Simulation.Store;
using KvStore.Simulation.World;
using KvStore.StateMachine;
using KvStore.Wal;

namespace KvStore.Node.Tests.Cluster;

/// <summary>One member with its disk and its stores, which outlive its processes.</summary>
internal sealed class TestMember
{
    private readonly TestCluster _cluster;
    private readonly Prng _prng;
    private ulong _requests;
    private int _lives;

    public TestMember(TestCluster cluster, MemberId id, string name, BootstrapPlan plan)
    {
        _cluster = cluster;
        Id = id;
        Name = name;
        Plan = plan;
        _prng = cluster.World.Chance.Fork();
        Disk = new SimulatedDisk(_prng.Fork());
        Stores = new SimulatedStoreProvider(_prng.Fork(), new SimulatedStoreOptions());
        Process = new SimulatedProcess(cluster.World, id, OnEnded);
        Process.End();
    }

    public MemberId Id { get; }

    public string Name { get; }

    public BootstrapPlan Plan { get; set; }

    public SimulatedDisk Disk { get; }

    public SimulatedStoreProvider Stores { get; }

    public SimulatedProcess Process { get; private set; }

    public KvNode? Node { get; private set; }

    public Answers Answers { get; private set; } = new();

    public List<TraceEvent> Traced { get; } = [];

    /// <summary>Why the last process ended by itself.</summary>
    public string? EndedBecause { get; private set; }

    public bool IsAlive => Process.IsAlive;

    public NodeStatus Status => Node!.Status;

    public void Start()
    {
        Process = new SimulatedProcess(_cluster.World, Id, OnEnded);
        EndedBecause = null;
        Answers = new Answers();
        // Ids of one life never meet those of another: what an earlier life proposed may still be applied.
        _requests = (Id.Value << 48) | ((ulong)++_lives << 40);
        Process.Run(() =>
        {
            var doors = new NodeDoors
            {
                Files = Disk,
                Stores = Stores,
                Network = _cluster.Network.LinkOf(Process),
                Lanes = new SimulatedLanes(Process),
                Replies = Answers,
                Trace = new Sink(Traced),
                Seed = _prng.NextUInt64(),
            };
            var options = _cluster.Configure(new NodeOptions
            {
                DataDirectory = "data",
                Name = Name,
                ClientUrls = ["http://" + Name + ":2379"],
                // Small ones, so that runs meet their ends.
                Wal = new WalOptions { SegmentBytes = 16 << 10 },
            });
            Disk.CreateDirectory("data");
            Disk.SyncDirectory("/");
            Node = KvNode.Start(doors, options, Plan);
            _cluster.Network.Connect(Process, Node);
        });
        if (IsAlive)
            TickLater();
    }

    /// <summary>kill -9: the page cache stays.</summary>
    public void Kill()
    {
        Process.End();
        Disk.Kill();
        Disk.Faults = static (_, _) => DiskFault.None;
        Stores.Crash();
    }

    public void LosePower(PowerLoss loss = PowerLoss.LoseAll)
    {
        Kill();
        Disk.LosePower(loss);
    }

    /// <summary>Another process on the same data, while the first one runs (D12).</summary>
    public void StartBeside() => Start();

    public RequestId NextRequest() => new(++_requests);

    public RequestId Propose(CommandKind kind, byte[] request)
    {
        var id = NextRequest();
        var command = new ByteWriter();
        CommandWriter.Write(command, id, default, kind, request);
        Process.Run(() => Assert.True(Node!.TryPropose(id, command.ToArray())));
        return id;
    }

    public RequestId Put(string key, string value, long lease = 0) =>
        Propose(CommandKind.Put, Google.Protobuf.MessageExtensions.ToByteArray(new PutRequest
        {
            Key = Google.Protobuf.ByteString.CopyFromUtf8(key), Value = Google.Protobuf.ByteString.CopyFromUtf8(value), Lease = lease,
        }));

    public RequestId Call(Func<KvNode, RequestId, bool> call)
    {
        var id = NextRequest();
        Process.Run(() => Assert.True(call(Node!, id)));
        return id;
    }

    public RequestId Read() => Call(static (node, id) => node.TryRead(id));

    /// <summary>The value of a key in what is published here; null where there is none.</summary>
    public string? Get(string key)
    {
        using var view = Node!.OpenView();
        if (!view.TryGet(System.Text.Encoding.UTF8.GetBytes(key), Revision.Zero, out var meta))
            return null;
        var stored = new ByteWriter();
        view.CopyKeyValue(meta, stored);
        return Protocol.Mvcc.KeyValue.Parser.ParseFrom(stored.WrittenSpan).Value.ToStringUtf8();
    }

    public Revision CurrentRevision
    {
        get
        {
            using var view = Node!.OpenView();
            return view.Current;
        }
    }

    private void TickLater() => Process.After(TimeSpan.FromMilliseconds(100), () =>
    {
        Node!.Tick(Process.Now);
        TickLater();
    });

    private void OnEnded(SimulatedProcess process, string why) => EndedBecause = why;

    private sealed class Sink(List<TraceEvent> events) : ITraceSink
    {
        public void Emit(in TraceEvent traceEvent) => events.Add(traceEvent);
    }
}

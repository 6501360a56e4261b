using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Simulation.World;
using KvStore.StateMachine;

namespace KvStore.Node.Tests.Cluster;

/// <summary>Members in a simulated world, driven by a test: one thread, one seed, time is the world's.</summary>
internal sealed class TestCluster
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<TestMember> _members = [];

    public TestCluster(ulong seed, Func<NodeOptions, NodeOptions>? configure = null)
    {
        World = new SimulatedWorld(seed);
        Network = new SimulatedNetwork(World);
        Configure = configure ?? (static options => options);
    }

    public SimulatedWorld World { get; }

    public SimulatedNetwork Network { get; }

    public Func<NodeOptions, NodeOptions> Configure { get; }

    public IReadOnlyList<TestMember> Members => _members;

    public IEnumerable<TestMember> Alive => _members.Where(member => member.IsAlive);

    public static TestCluster Found(int members, ulong seed, Func<NodeOptions, NodeOptions>? configure = null)
    {
        var cluster = Founded(members, seed, configure);
        foreach (var member in cluster._members)
            member.Start();
        return cluster;
    }

    /// <summary>The same, not started yet. A long domain spreads the founding over several sectors.</summary>
    public static TestCluster Founded(int members, ulong seed, Func<NodeOptions, NodeOptions>? configure = null, string domain = "")
    {
        var cluster = new TestCluster(seed, configure);
        var initial = new List<(string Name, IReadOnlyList<string> PeerUrls)>();
        for (var i = 0; i < members; i++)
            initial.Add(("m" + i, ["http://m" + i + domain + ":2380"]));
        foreach (var (name, _) in initial)
        {
            var plan = BootstrapPlan.Found(initial, "test", name);
            cluster._members.Add(new TestMember(cluster, plan.Self, name, plan));
        }

        return cluster;
    }

    /// <summary>A member that the cluster has added and that has no data.</summary>
    public TestMember Join(MemberId id, string name)
    {
        var known = Leader().Status;
        var member = new TestMember(this, id, name, BootstrapPlan.Join(known.Cluster, id, known.Members));
        _members.Add(member);
        member.Start();
        return member;
    }

    /// <summary>Waits until one member leads and all that are alive and connected follow it.</summary>
    public TestMember Leader()
    {
        Until(() => Alive.Any(IsSettledLeader), "a leader");
        return Alive.First(IsSettledLeader);
    }

    public void Until(Func<bool> condition, string what)
    {
        var reached = World.RunUntil(condition, Patience);
        Assert.True(World.Failure is null, World.Failure);
        Assert.True(reached, $"not reached in time: {what}; {string.Join(" | ", _members.Select(Describe))}");
    }

    public void Run(TimeSpan span)
    {
        World.RunUntil(World.Now + span);
        Assert.True(World.Failure is null, World.Failure);
    }

    public Reply Await(TestMember member, RequestId request)
    {
        Until(() => member.Answers.TryGet(request, out _) || !member.IsAlive, "an answer");
        Assert.True(member.Answers.TryGet(request, out var reply), "the member ended: " + member.EndedBecause);
        return reply;
    }

    public Reply AwaitOk(TestMember member, RequestId request)
    {
        var reply = Await(member, request);
        Assert.Null(reply.Error);
        return reply;
    }

    public void Isolate(TestMember member)
    {
        foreach (var other in _members)
        {
            if (other == member)
                continue;
            Network.Cut(member.Id, other.Id);
            Network.Cut(other.Id, member.Id);
        }
    }

    /// <summary>Everybody alive has applied the same.</summary>
    public void UntilConverged() => Until(
        () =>
        {
            var statuses = Alive.Select(member => member.Status).ToList();
            return statuses.All(status => status.AppliedIndex == statuses[0].CommitIndex && status.CommitIndex == statuses[0].CommitIndex && status.HasLeader);
        },
        "convergence");

    private bool IsSettledLeader(TestMember member) =>
        member.Node is not null && member.Status.IsLeader && Alive.Count(other => other.Status.Leader == member.Id) > Alive.Count() / 2;

    private static string Describe(TestMember member) => member.Node is null
        ? $"{member.Name}: never started, {member.EndedBecause}"
        : $"{member.Name}: alive={member.IsAlive} {member.EndedBecause} {member.Status.Role} leader={member.Status.Leader} term={member.Status.Term} commit={member.Status.CommitIndex} applied={member.Status.AppliedIndex} {member.Status.Quarantine}";
}

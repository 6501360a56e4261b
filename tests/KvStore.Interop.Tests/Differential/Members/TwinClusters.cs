using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>
/// etcd's cluster and ours, whose members have the same names, numbers and parts. Between two requests both are brought to rest: all
/// members have applied the same and follow the same leader, who has the same name on both sides.
/// </summary>
internal sealed class TwinClusters(string folder, string[] programs) : IDisposable
{
    private const int Founders = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Elections of a busy machine are chance: the members are patient.</summary>
    private static readonly string[] Flags = ["--heartbeat-interval", "200", "--election-timeout", "2000", "--bcrypt-cost", "4"];

    private static readonly RandomRequest Status = new("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser);
    private static readonly RandomRequest List = new("/etcdserverpb.Cluster/MemberList", new MemberListRequest { Linearizable = true }, MemberListResponse.Parser);

    private readonly List<TwinMember> _members = [];
    private readonly List<TwinMember> _gone = [];
    private int _named = Founders;

    public MemberIds Ids { get; } = new();

    public TwinAnswers Answers => field ??= new TwinAnswers(Ids);

    /// <summary>The members that have processes, killed ones among them.</summary>
    public IReadOnlyList<TwinMember> Members => _members;

    public IReadOnlyList<TwinMember> Gone => _gone;

    public TwinMember Leader { get; private set; } = null!;

    /// <summary>The learner that runs; null for none.</summary>
    public TwinMember? Learner { get; set; }

    /// <summary>Of root on one side; null while nobody is asked for one.</summary>
    public Func<int, string?> RootToken { get; set; } = _ => null;

    /// <summary>What was done last, for the words of a failure.</summary>
    public string LastAsked { get; set; } = "the start";

    /// <summary>Elections that nobody asked for, and that were answered by moving the leaders back together.</summary>
    public int Alignments { get; private set; }

    public async Task StartAsync()
    {
        var sides = new[] { 0, 1 }.Select(side => ServerProcess.Cluster(programs[side], Path.Combine(folder, $"side{side}"), Founders, "http", _ => Flags)).ToArray();
        foreach (var process in sides.SelectMany(side => side))
            process.Start();
        await Task.WhenAll(sides.SelectMany(side => side).Select(process => process.UntilReadyAsync()));
        var lists = new[] { 0, 1 }.Select(side => ListAsync(side, sides[side][0].Endpoint)).ToArray();
        for (var i = 0; i < Founders; i++)
        {
            var ids = new List<ulong>();
            for (var side = 0; side < 2; side++)
                ids.Add((await lists[side]).Members.Single(member => member.Name == sides[side][i].Name).ID);
            ServerProcess[] both = [sides[0][i], sides[1][i]];
            Answers.Know(both);
            _members.Add(new TwinMember(Ids.Add(ids[0], ids[1]), both));
        }

        foreach (var member in _members)
            member.OnStarted();
        await SettleAsync();
    }

    /// <summary>A member that is not started yet, for an address that is to be added.</summary>
    public ServerProcess[] Prepare()
    {
        _named++;
        ServerProcess[] prepared = [.. new[] { 0, 1 }.Select(side =>
        {
            var ports = FreePorts.Take(2);
            return new ServerProcess(programs[side], $"m{_named}", ports[0], ports[1],
            [
                "--name", $"m{_named}", "--data-dir", Path.Combine(folder, $"side{side}", $"m{_named}"),
                "--listen-client-urls", TwinAnswers.Url(ports[0]), "--advertise-client-urls", TwinAnswers.Url(ports[0]),
                "--listen-peer-urls", TwinAnswers.Url(ports[1]), "--initial-advertise-peer-urls", TwinAnswers.Url(ports[1]),
                "--initial-cluster-state", "existing", .. Flags,
            ]);
        })];
        Answers.Know(prepared);
        return prepared;
    }

    /// <summary>The prepared member joins: all are named to it as the cluster lists them.</summary>
    public async Task<TwinMember> JoinAsync(ulong number, ServerProcess[] prepared)
    {
        for (var side = 0; side < 2; side++)
        {
            var listed = (MemberListResponse)(await Leader.Asked.Grpc[side].AskAsync(List, RootToken(side))).Response!;
            var id = Ids.IdOf(side, number);
            prepared[side] = prepared[side].With("--initial-cluster", string.Join(',', listed.Members.SelectMany(member =>
                member.PeerURLs.Select(url => $"{(member.ID == id ? prepared[side].Name : member.Name.Length > 0 ? member.Name : $"ghost{member.ID}")}={url}"))));
        }

        var joined = new TwinMember(number, prepared);
        _members.Add(joined);
        await joined.StartAsync();
        return joined;
    }

    /// <summary>A removed member: its processes end by themselves.</summary>
    public async Task<int[]> LeaveAsync(TwinMember member)
    {
        _members.Remove(member);
        _gone.Add(member);
        return await member.UntilEndedAsync(Patience);
    }

    public async Task SettleAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var seen = "";
        try
        {
            while (true)
            {
                var sides = await Task.WhenAll(LeaderAsync(0), LeaderAsync(1));
                seen = $"{sides[0].Seen}\n{sides[1].Seen}";
                if (sides[0].Leader is { } wanted && sides[1].Leader is { } got)
                {
                    Leader = wanted;
                    if (wanted == got)
                        return;
                    Alignments++;
                    var move = new RandomRequest("/etcdserverpb.Maintenance/MoveLeader", new MoveLeaderRequest { TargetID = Ids.IdOf(1, wanted.Number) }, MoveLeaderResponse.Parser);
                    await got.Asked.Grpc[1].AskAsync(move, RootToken(1));
                }

                await poll.WaitForNextTickAsync(timeout.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"the clusters did not come to rest after {LastAsked}:\n{seen}");
        }
    }

    public void Dispose()
    {
        foreach (var member in _members.Concat(_gone))
            member.Dispose();
    }

    private static async Task<MemberListResponse> ListAsync(int side, string endpoint)
    {
        using var peer = new Peer(endpoint);
        return (MemberListResponse)((await peer.AskAsync(List)).Response ?? throw new InvalidOperationException($"side {side} does not list its members"));
    }

    /// <summary>The leader of one side when all its members that are up follow it and have applied what it has.</summary>
    private async Task<(TwinMember? Leader, string Seen)> LeaderAsync(int side)
    {
        var answers = await Task.WhenAll(_members.Where(member => member.IsUp).Select(member => member.Asked.Grpc[side].AskAsync(Status, RootToken(side))));
        var seen = string.Join('\n', answers.Select(answer => $"{answer.Error}{answer.Response}"));
        var statuses = answers.Select(answer => answer.Response).OfType<StatusResponse>().ToArray();
        var isAtRest = statuses.Length == answers.Length && statuses.All(status => status.Leader != 0 && status.Leader == statuses[0].Leader
            && status.RaftAppliedIndex == statuses[0].RaftAppliedIndex && status.RaftAppliedIndex == status.RaftIndex && status.Header.Revision == statuses[0].Header.Revision);
        return (isAtRest ? _members.Find(member => member.IsUp && Ids.IdOf(side, member.Number) == statuses[0].Leader) : null, seen);
    }
}

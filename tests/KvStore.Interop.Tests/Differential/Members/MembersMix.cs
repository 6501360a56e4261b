using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>
/// The seeded sequence: single requests through any member by any caller, and every so often a scene in which members really come, are
/// promoted, are killed and go. The clusters are brought to rest before each request, so that nothing is left to chance.
/// </summary>
internal sealed class MembersMix
{
    private const string Root = "root";
    private const string Powerless = "u";
    private const string PasswordOfAll = "p1";
    private const int SceneEvery = 16;
    private const int LogInEvery = 100;
    private const int VotersMin = 3;
    private const int VotersMax = 5;
    private const int RequestsToALearner = 8;
    private const int RequestsToARest = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TwinClusters _clusters;
    private readonly ulong _seed;
    private readonly Prng _random;
    private readonly MembersRequests _requests;
    private readonly SortedDictionary<string, int> _scenes = new(StringComparer.Ordinal);
    private List<(string Name, Func<Task> Play)> _coming = [];
    private string _where = "beginning";
    private bool _isAuthOn;

    /// <summary>False after a member has started: etcd counts it as healthy once it was connected for five seconds.</summary>
    private bool _isKnownHealthy;

    public MembersMix(TwinClusters clusters, ulong seed)
    {
        _clusters = clusters;
        _seed = seed;
        _random = new Prng(seed + 2_000);
        _requests = new MembersRequests(_random.Fork(), clusters);
        Comparison = new TwinComparison(_random.Fork(), clusters.Answers);
        clusters.RootToken = side => Comparison.TokenOf(side, Root);
    }

    public TwinComparison Comparison { get; }

    public string Summary => $"{Comparison.Summary}; {string.Join(", ", _scenes.Select(scene => $"{scene.Key} {scene.Value}"))}; aligned {_clusters.Alignments}";

    public IReadOnlyDictionary<string, int> Scenes => _scenes;

    public async Task BeginAsync()
    {
        const string service = "/etcdserverpb.Auth/";
        foreach (var user in new[] { Root, Powerless })
            await AskAsync(_clusters.Leader, "", new(service + "UserAdd", new AuthUserAddRequest { Name = user, Password = PasswordOfAll }, AuthUserAddResponse.Parser));
        await AskAsync(_clusters.Leader, "", new(service + "UserGrantRole", new AuthUserGrantRoleRequest { User = Root, Role = Root }, AuthUserGrantRoleResponse.Parser));
    }

    public async Task StepAsync(int number)
    {
        _where = $"seed {_seed}, step {number}";
        if (number % LogInEvery == LogInEvery - 1)
            await LogInAsync();
        if (number % SceneEvery == SceneEvery - 1)
            await PlayAsync();
        else
            await AskAsync(_requests.AnyMember(), Caller(), _requests.Next());
    }

    private string Caller() => _random.Below(10) switch
    {
        0 => AuthRequestGenerator.Stranger,
        1 or 2 => AuthRequestGenerator.Nobody,
        3 or 4 => Powerless,
        _ => Root,
    };

    private async Task<TwinAnswer> AskAsync(TwinMember member, string caller, RandomRequest request)
    {
        if (!_isAuthOn)
            caller = AuthRequestGenerator.Nobody;
        if (request.Message is MemberAddRequest or MemberRemoveRequest)
            await UntilHealthyAsync();
        await _clusters.SettleAsync();
        Comparison.IsAVoterDown = IsAVoterDown;
        var answer = await Comparison.AskAsync(member, caller, request, _where);
        _clusters.LastAsked = $"{_where}, {member.Name} by '{caller}': {request.Path} {request.Message}, answered '{answer.Errors[0]}' and '{answer.Errors[1]}'";
        if (answer.IsGranted)
            _requests.OnGranted(request.Message, answer);
        else if (request.Message is MemberAddRequest && answer.Responses[1] is MemberAddResponse added && IsAVoterDown)
            await TakeBackAsync(added.Member.ID);
        Comparison.CompareContents(request, answer, $"{_where}, {member.Name} by '{caller}'");
        return answer;
    }

    /// <summary>By design 32: what only ours grants goes again, and the clusters are the same as before.</summary>
    private async Task TakeBackAsync(ulong id)
    {
        var remove = MembersRequests.Remove(id);
        Assert.Equal("", (await _clusters.Leader.Asked.Grpc[1].AskAsync(remove, _clusters.RootToken(1))).Error);
    }

    private async Task LogInAsync()
    {
        if (!_isAuthOn)
            return;
        foreach (var user in new[] { Root, Powerless })
            await Comparison.AskAsync(_clusters.Leader, AuthRequestGenerator.Nobody, AuthRequestGenerator.LogIn(user, PasswordOfAll), _where);
    }

    /// <summary>
    /// No scene comes again before all came. The first one finds the three founders, of which one is killed; the second one turns
    /// authentication on for the others of the first round.
    /// </summary>
    private async Task PlayAsync()
    {
        if (_coming.Count == 0)
        {
            var rest = new (string, Func<Task>)[] { ("learner", JoinLearnerAsync), ("voter", JoinVoterAsync), ("promote", PromoteAsync), ("remove", RemoveAsync) };
            _coming = [("kill", KillAsync), ("auth", ToggleAuthAsync), .. rest.OrderBy(_ => _random.NextUInt64())];
            if (_scenes.Count > 0)
                _coming = [.. _coming.OrderBy(_ => _random.NextUInt64())];
        }

        foreach (var ghost in _requests.Ghosts.Where(ghost => !ghost.IsLearner).ToArray())
            await AskAsync(_requests.AnyVoter(), Root, MembersRequests.Remove(ghost.Number));
        var (name, play) = _coming[0];
        _coming.RemoveAt(0);
        _where += $", {name}";
        _scenes[name] = _scenes.GetValueOrDefault(name) + 1;
        await play();
    }

    /// <summary>A learner is added and starts; promoted before it started it is not ready.</summary>
    private async Task JoinLearnerAsync()
    {
        if (_clusters.Learner is not null)
            await PromoteAsync();
        foreach (var ghost in _requests.Ghosts.ToArray())
            await AskAsync(_requests.AnyVoter(), Root, MembersRequests.Remove(ghost.Number));
        var prepared = _clusters.Prepare();
        var added = await AskAsync(_requests.AnyVoter(), Root, MembersRequests.Add([TwinAnswers.PeerOf(prepared[0].Name)], isLearner: true));
        if (!added.IsGranted)
            return;
        var number = _requests.Ghosts[^1].Number;
        foreach (var asked in new[] { _clusters.Leader, _requests.AnyVoter() })
            await AskAsync(asked, Caller(), MembersRequests.Promote(number));
        var learner = await StartAsync(number, prepared);
        _clusters.Learner = learner;
        await LogInAsync();
        await AskAsync(_clusters.Leader, Root, MembersRequests.MoveLeader(number));
        for (var i = 0; i < RequestsToALearner; i++)
            await AskAsync(learner, Caller(), _requests.Next());
    }

    private async Task JoinVoterAsync()
    {
        if (Voters >= VotersMax)
            await RemoveAsync();
        var prepared = _clusters.Prepare();
        var added = await AskAsync(_requests.AnyVoter(), Root, MembersRequests.Add([TwinAnswers.PeerOf(prepared[0].Name)], isLearner: false));
        if (!added.IsGranted)
            return;
        await StartAsync(_requests.Ghosts[^1].Number, prepared);
        await LogInAsync();
    }

    private async Task<TwinMember> StartAsync(ulong number, Testing.Processes.ServerProcess[] prepared)
    {
        _requests.OnStarting();
        _isKnownHealthy = false;
        return await _clusters.JoinAsync(number, prepared);
    }

    /// <summary>A learner that has caught up is promoted, or removed.</summary>
    private async Task PromoteAsync()
    {
        if (_clusters.Learner is not { } learner)
            return;
        if (Voters < VotersMax && _random.Chance(3, 4))
        {
            if (_isAuthOn)
                await AskAsync(_requests.AnyMember(), Powerless, MembersRequests.Promote(learner.Number));
            await AskAsync(_requests.AnyVoter(), Root, MembersRequests.Promote(learner.Number));
            _clusters.Learner = null;
            _isKnownHealthy = false;
            return;
        }

        await RemoveAsync(learner);
        _clusters.Learner = null;
    }

    /// <summary>Any voter goes, also the leader.</summary>
    private async Task RemoveAsync()
    {
        if (Voters > VotersMin)
            await RemoveAsync(_random.Chance(1, 3) ? _clusters.Leader : _requests.AnyVoter());
    }

    private async Task RemoveAsync(TwinMember member)
    {
        // Not asked of itself: etcd then grants it or stops before it has answered, as the clock will have it.
        var asked = _requests.AnyVoter();
        while (asked == member)
            asked = _requests.AnyVoter();
        var answer = await AskAsync(asked, Root, MembersRequests.Remove(member.Number));
        if (!answer.IsGranted)
            return;
        var codes = await _clusters.LeaveAsync(member);
        if (codes[0] != codes[1])
            Comparison.Differences.Add($"{_where}: {member.Name} ended", $"exit code {codes[0]}", $"exit code {codes[1]}");
        await _clusters.SettleAsync();
    }

    /// <summary>One member is away: a quorum goes on, and lets nobody else go.</summary>
    private async Task KillAsync()
    {
        await UntilHealthyAsync();
        var victim = _random.Chance(1, 3) ? _clusters.Leader : _requests.AnyMember();
        await _clusters.SettleAsync();
        await victim.KillAsync();
        await _clusters.SettleAsync();
        if (Voters == VotersMin && victim != _clusters.Learner)
            await AskUnhealthyAsync();
        for (var i = 0; i < RequestsToARest; i++)
            await AskAsync(_requests.AnyMember(), Caller(), _requests.Next());
        await victim.StartAsync();
        _isKnownHealthy = false;
        await LogInAsync();
    }

    /// <summary>Two of three voters are left: whoever is asked lets none of them go, and no voter come.</summary>
    private async Task AskUnhealthyAsync()
    {
        await UntilRefusedAsync("etcdserver: unhealthy cluster");
        foreach (var asked in _clusters.Members.Where(member => member.IsUp && member != _clusters.Learner).ToArray())
        {
            await AskAsync(asked, Root, MembersRequests.Add(_requests.Fresh(), isLearner: false));
            await AskAsync(asked, Root, MembersRequests.Remove(_requests.AnyVoter().Number));
        }
    }

    private async Task ToggleAuthAsync()
    {
        const string service = "/etcdserverpb.Auth/";
        RandomRequest request = _isAuthOn
            ? new(service + "AuthDisable", new AuthDisableRequest(), AuthDisableResponse.Parser)
            : new(service + "AuthEnable", new AuthEnableRequest(), AuthEnableResponse.Parser);
        await AskAsync(_requests.AnyVoter(), Root, request);
        _isAuthOn = !_isAuthOn;
        await LogInAsync();
    }

    private bool IsAVoterDown => _requests.Ghosts.Any(ghost => !ghost.IsLearner) || _clusters.Members.Any(member => !member.IsUp);

    private int Voters => _clusters.Members.Count - (_clusters.Learner is null ? 0 : 1);

    private async Task UntilHealthyAsync()
    {
        if (_isKnownHealthy || IsAVoterDown)
            return;
        await UntilRefusedAsync("etcdserver: Peer URLs already exists");
        _isKnownHealthy = true;
    }

    /// <summary>
    /// Asks each member to add a voter with an address that is there, which changes nothing and is refused for that reason only when all
    /// voters have been connected for long enough.
    /// </summary>
    private async Task UntilRefusedAsync(string text)
    {
        await _clusters.SettleAsync();
        using var timeout = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var probe = MembersRequests.Add([TwinAnswers.PeerOf(_clusters.Leader.Name)], isLearner: false);
        foreach (var member in _clusters.Members.Where(member => member.IsUp && member != _clusters.Learner))
        {
            for (var side = 0; side < 2; side++)
            {
                while (!(await member.Asked.Grpc[side].AskAsync(probe with { Message = _clusters.Answers.ForSide(side, probe.Message) }, _clusters.RootToken(side))).Error.EndsWith(text, StringComparison.Ordinal))
                    await poll.WaitForNextTickAsync(timeout.Token);
            }
        }
    }
}

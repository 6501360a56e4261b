using Google.Protobuf;
using KvStore.Interop.Tests.Http;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Asks both servers the same in the same caller's name, as messages or as JSON, compares what they say, and counts: requests by
/// service, differences by design by their number (docs/testing/differential.md).
/// </summary>
internal sealed class ServicesComparison(Prng random, Membership members)
{
    private const int JsonOneIn = 3;
    private const int SpoiledOneIn = 6;

    private readonly JsonEncoding _encoding = new(random.Fork());
    private readonly SortedDictionary<string, int> _byService = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, int> _byDesign = [];
    private readonly Dictionary<string, string[]> _tokens = new() { [AuthRequestGenerator.Stranger] = ["abcdefghijklmnop.3", "abcdefghijklmnop.3"] };

    public Differences Differences { get; } = new();

    public int Answered { get; private set; }

    public int Denied { get; private set; }

    public string Summary =>
        $"{string.Join(", ", _byService.Select(entry => $"{entry.Key} {entry.Value}"))}; explained: {string.Join(", ", _byDesign.Select(entry => $"no. {entry.Key} {entry.Value} times"))}; unexplained {Differences.Count}";

    /// <summary>The token that one side gave a caller; null for nobody's.</summary>
    public string? TokenOf(int side, string caller) => _tokens.GetValueOrDefault(caller)?[side];

    /// <summary>The first server's answer; null when it refused, or when the two disagree about that.</summary>
    public async Task<IMessage?> AskAsync(ServerPair servers, string caller, RandomRequest request, string where)
    {
        var service = request.Path.Split('/')[1].Split('.')[1];
        Count(_byService, service);
        if (!random.Chance(1, JsonOneIn) || request.Message.CalculateSize() > 100_000)
        {
            var answers = await Task.WhenAll(new[] { 0, 1 }.Select(side => servers.Grpc[side].AskAsync(ForSide(side), TokenOf(side, caller))));
            if (WasDropped(request, answers[0].Error))
                answers[0] = await servers.Grpc[0].AskAsync(ForSide(0), TokenOf(0, caller));
            return Compare(request, answers[0].Response, answers[0].Error, answers[1].Response, answers[1].Error, where);
        }

        Count(_byService, "as JSON");
        return await AskInJsonAsync(servers, caller, request, where);

        RandomRequest ForSide(int side) => request with { Message = members.ForSide(side, request.Message) };
    }

    private async Task<IMessage?> AskInJsonAsync(ServerPair servers, string caller, RandomRequest request, string where)
    {
        var paths = JsonPeer.PathsOf(request.Path);
        var path = paths[random.Below(paths.Length)];
        // The same bytes to both, but for the ids in them.
        var seed = random.NextUInt64();
        var bodies = new[] { 0, 1 }.Select(side => new JsonEncoding(new Prng(seed)).Of(members.ForSide(side, request.Message))).ToArray();
        var isSpoiled = IsHarmless(request.Message) && random.Chance(1, SpoiledOneIn);
        if (isSpoiled)
        {
            Count(_byService, "spoiled JSON");
            bodies[0] = bodies[1] = Mutation.Of(bodies[0], _encoding.Of(request.Message), random);
        }

        where += $" as {path} {System.Text.Encoding.Latin1.GetString(bodies[0])}";
        var answers = await Task.WhenAll(new[] { 0, 1 }.Select(side => servers.Json[side].AskAsync(request, path, bodies[side], TokenOf(side, caller))));
        if (WasDropped(request, answers[0].Error))
            answers[0] = await servers.Json[0].AskAsync(request, path, bodies[0], TokenOf(0, caller));
        var (left, right) = (answers[0], answers[1]);
        if (isSpoiled && IsUnknownSort(request, left.Error, right.Error))
        {
            Count(_byDesign, 3);
            return null;
        }

        var before = Differences.Count;
        var answer = Compare(request, left.Response, left.Error, right.Response, right.Error, where);
        if (Differences.Count == before && left.Error == right.Error && Form(request, left.Form) != Form(request, right.Form))
            Differences.Add(where, left.Form, right.Form);
        // What was meant, and so what it did, is not known of a request that was spoiled.
        return isSpoiled && request.Message is not (PutRequest or DeleteRangeRequest) ? null : answer;
    }

    /// <summary>By design 24: etcd lost the change, and is asked again.</summary>
    private bool WasDropped(RandomRequest request, string error)
    {
        var isDropped = request.Message is MemberAddRequest or MemberRemoveRequest or MemberUpdateRequest or MemberPromoteRequest
            // The second when the reset of the stream overtakes the answer; etcdctl shows either.
            && error is "DeadlineExceeded: context deadline exceeded" or "Canceled: stream terminated by RST_STREAM with error code: CANCEL";
        if (isDropped)
            Count(_byDesign, 24);
        return isDropped;
    }

    private IMessage? Compare(RandomRequest request, IMessage? left, string leftError, IMessage? right, string rightError, string where)
    {
        if (leftError != rightError)
        {
            if (RefusalComparison.Explanation(request.Message, leftError, rightError) is { } number)
                Count(_byDesign, number);
            else
                Differences.Add(where, leftError.Length > 0 ? leftError : $"{left}", rightError.Length > 0 ? rightError : $"{right}");
        }

        Denied += leftError.StartsWith("PermissionDenied", StringComparison.Ordinal) ? 1 : 0;
        if (left is null || right is null)
            return null;
        Answered++;
        if (request.Message is AuthenticateRequest login)
            Remember(login.Name, ((AuthenticateResponse)left).Token, ((AuthenticateResponse)right).Token);
        members.OnAnswered(request.Message, left, right);
        var (want, got) = (Show(0, request.Message, left), Show(1, request.Message, right));
        if (want != got)
            Differences.Add(where, want, got);
        return left;
    }

    /// <summary>The token before is kept, too: a caller comes with it now and then.</summary>
    private void Remember(string user, string expected, string actual)
    {
        if (_tokens.TryGetValue(user, out var former))
            _tokens[AuthRequestGenerator.Former(user)] = former;
        _tokens[user] = [expected, actual];
    }

    private string Show(int side, IMessage request, IMessage response)
    {
        if (response.Descriptor.FindFieldByName("header")?.Accessor.GetValue(response) is ResponseHeader header)
        {
            Assert.True(header is { ClusterId: not 0, MemberId: not 0, RaftTerm: not 0 }, $"side {side} has an empty header: {response}");
            (header.ClusterId, header.MemberId, header.RaftTerm) = (0, 0, 0);
        }

        switch (response)
        {
            case AuthenticateResponse token:
                token.Token = token.Token.Length > 16 ? "a token" : "too short";
                break;
            case HashResponse hash:
                // Over the whole file of each server's own storage.
                hash.Hash = 0;
                break;
            case HashKVResponse { HashRevision: not 0 }:
                Count(_byDesign, 6);
                break;
        }

        return members.Show(side, response) ?? AnswerComparison.Normalize(request, response);
    }

    /// <summary>
    /// By design 6, 19 and 1: one has fields of 3.6, the other leases with keys only. Which of several keys that are equal under the sort are
    /// within the limit is each server's own, as in <see cref="AnswerComparison"/>, and so is whether one of them has a lease or a value.
    /// </summary>
    private static string Form(RandomRequest request, string form) => request.Message switch
    {
        HashKVRequest => form.Replace(" .hash_revision:String", "", StringComparison.Ordinal),
        StatusRequest => form.Replace(" .dbSizeQuota:String", "", StringComparison.Ordinal).Replace(" .storageVersion:String", "", StringComparison.Ordinal),
        RangeRequest { KeysOnly: true } => form.Replace(" .kvs[].lease:String", "", StringComparison.Ordinal),
        RangeRequest { SortTarget: not RangeRequest.Types.SortTarget.Key } when form.Contains(" .more:True", StringComparison.Ordinal) => form.Replace(" .kvs[].lease:String", "", StringComparison.Ordinal).Replace(" .kvs[].value:String", "", StringComparison.Ordinal),
        // A transaction may hold ranges with keys only, at any depth.
        TxnRequest => string.Join(' ', form.Split(' ').Where(field => !field.EndsWith("kvs[].lease:String", StringComparison.Ordinal) && !field.EndsWith("response_range.kvs[].value:String", StringComparison.Ordinal))),
        _ => form,
    };

    private static bool IsUnknownSort(RandomRequest request, string expected, string actual) =>
        request.Message is RangeRequest && expected.Length == 0 && actual == "InvalidArgument: etcdserver: invalid sort option";

    /// <summary>What may be spoiled: whatever comes of it, no server chooses an id, no lease expires, and etcd survives it.</summary>
    private static bool IsHarmless(IMessage message) => message is RangeRequest or PutRequest or DeleteRangeRequest or LeaseTimeToLiveRequest or LeaseLeasesRequest
        or LeaseKeepAliveRequest or MemberListRequest or AuthUserGetRequest or AuthUserListRequest or AuthRoleListRequest or AuthUserGrantRoleRequest or AuthStatusRequest;

    private static void Count<T>(SortedDictionary<T, int> counts, T what)
        where T : notnull => counts[what] = counts.GetValueOrDefault(what) + 1;
}

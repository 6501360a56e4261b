using System.Text;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>Asks the same member of both clusters the same, as a message or as JSON, compares the answers and counts the differences by design.</summary>
internal sealed class TwinComparison(Prng random, TwinAnswers answers)
{
    private const int JsonOneIn = 3;

    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, int> _byDesign = [];
    private readonly Dictionary<string, string?[]> _tokens = new() { [AuthRequestGenerator.Stranger] = ["abcdefghijklmnop.3", "abcdefghijklmnop.3"] };

    public Differences Differences { get; } = new();

    /// <summary>Set while a member is killed, or was added as a voter and never started.</summary>
    public bool IsAVoterDown { get; set; }

    public int Answered { get; private set; }

    public int Refused { get; private set; }

    public string Summary =>
        $"{string.Join(", ", _counts.Select(entry => $"{entry.Key} {entry.Value}"))}; explained: {string.Join(", ", _byDesign.Select(entry => $"no. {entry.Key} {entry.Value} times"))}; unexplained {Differences.Count}";

    public string? TokenOf(int side, string caller) => _tokens.GetValueOrDefault(caller)?[side];

    /// <summary>Both answers, etcd's first; null where it refused.</summary>
    public async Task<TwinAnswer> AskAsync(TwinMember member, string caller, RandomRequest request, string where)
    {
        Count(request.Path.Split('/')[^1]);
        where += $", {member.Name} by '{caller}': {request.Path} {request.Message}";
        if (!random.Chance(1, JsonOneIn))
        {
            var both = await Task.WhenAll(new[] { 0, 1 }.Select(side => member.Asked.Grpc[side].AskAsync(ForSide(side), TokenOf(side, caller))));
            return Compare(request, new TwinAnswer([both[0].Response, both[1].Response], [both[0].Error, both[1].Error]), where);
        }

        Count("as JSON");
        var paths = JsonPeer.PathsOf(request.Path);
        var path = paths[random.Below(paths.Length)];
        var seed = random.NextUInt64();
        var bodies = new[] { 0, 1 }.Select(side => new JsonEncoding(new Prng(seed)).Of(ForSide(side).Message)).ToArray();
        where += $" as {path} {Encoding.UTF8.GetString(bodies[0])}";
        var json = await Task.WhenAll(new[] { 0, 1 }.Select(side => member.Asked.Json[side].AskAsync(request, path, bodies[side], TokenOf(side, caller))));
        var before = Differences.Count;
        var answer = Compare(request, new TwinAnswer([json[0].Response, json[1].Response], [json[0].Error, json[1].Error]), where);
        var isForm = json[0].Error == json[1].Error && Form(request, json[0].Form) != Form(request, json[1].Form);
        if (Differences.Count == before && isForm)
            Differences.Add(where, json[0].Form, json[1].Form);
        return answer;

        RandomRequest ForSide(int side) => request with { Message = answers.ForSide(side, request.Message) };
    }

    private TwinAnswer Compare(RandomRequest request, TwinAnswer answer, string where)
    {
        var (left, right) = (answer.Errors[0], answer.Errors[1]);
        if (left != right)
        {
            if (MembersRefusals.Explanation(request.Message, left, right, IsAVoterDown) is { } number)
                _byDesign[number] = _byDesign.GetValueOrDefault(number) + 1;
            else
                Differences.Add(where, left.Length > 0 ? left : $"{answer.Responses[0]}", right.Length > 0 ? right : $"{answer.Responses[1]}");
        }

        Refused += left.Length > 0 && left == right ? 1 : 0;
        if (!answer.IsGranted)
            return answer;
        Answered++;
        if (request.Message is AuthenticateRequest login)
            _tokens[login.Name] = [.. answer.Responses.Select(response => ((AuthenticateResponse)response!).Token)];
        return answer;
    }

    /// <summary>To be called once the members that an answer names are known.</summary>
    public void CompareContents(RandomRequest request, TwinAnswer answer, string where)
    {
        if (!answer.IsGranted)
            return;
        var (want, got) = (answers.Show(0, request.Message, answer.Responses[0]!), answers.Show(1, request.Message, answer.Responses[1]!));
        if (want != got)
            Differences.Add($"{where}: {request.Path} {request.Message}", want, got);
    }

    /// <summary>By design 6 and 19: fields of 3.6.</summary>
    private static string Form(RandomRequest request, string form) => request.Message switch
    {
        HashKVRequest => form.Replace(" .hash_revision:String", "", StringComparison.Ordinal),
        StatusRequest => form.Replace(" .dbSizeQuota:String", "", StringComparison.Ordinal).Replace(" .storageVersion:String", "", StringComparison.Ordinal),
        _ => form,
    };

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}

using Google.Protobuf;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>Two servers that are asked the same in the same caller's name; each gave the caller a token of its own.</summary>
internal sealed class AuthPair(Peer expected, Peer actual)
{
    private readonly Dictionary<string, (string Expected, string Actual)> _tokens = new()
    {
        [AuthRequestGenerator.Stranger] = ("abcdefghijklmnop.3", "abcdefghijklmnop.3"),
    };

    public Differences Differences { get; } = new();

    public int Answered { get; private set; }

    public int Denied { get; private set; }

    /// <summary>The first server's answer; null when it refused.</summary>
    public async Task<IMessage?> AskAsync(string caller, RandomRequest request, string where)
    {
        var (leftToken, rightToken) = _tokens.GetValueOrDefault(caller);
        var (left, leftError) = await expected.AskAsync(request, leftToken);
        var (right, rightError) = await actual.AskAsync(request, rightToken);
        if (!RefusalComparison.AreEqual(request.Message, leftError, rightError))
            Differences.Add(where, leftError, rightError);
        Denied += leftError.StartsWith("PermissionDenied", StringComparison.Ordinal) ? 1 : 0;
        if (left is null || right is null)
            return null;
        Answered++;
        if (request.Message is AuthenticateRequest login)
            _tokens[login.Name] = (((AuthenticateResponse)left).Token, ((AuthenticateResponse)right).Token);
        var (want, got) = (Normalize(request.Message, left), Normalize(request.Message, right));
        if (want != got)
            Differences.Add(where, want, got);
        return left;
    }

    private static string Normalize(IMessage request, IMessage response)
    {
        if (response is AuthenticateResponse token)
            token.Token = token.Token.Length > 16 ? "a token" : "too short";
        if (response.Descriptor.FindFieldByName("header")?.Accessor.GetValue(response) is ResponseHeader header)
            (header.ClusterId, header.MemberId, header.RaftTerm) = (0, 0, 0);
        return AnswerComparison.Normalize(request, response);
    }
}

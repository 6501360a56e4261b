using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// The token that calls carry. Fetched with the user's password before the first call, and again when the server no longer takes
/// it; however many calls are refused at once, one fetches and the others wait for it. Thread-safe.
/// </summary>
internal sealed class AuthToken(GrpcChannel channel, KvClientOptions options) : IDisposable
{
    private const string NotEnabled = "etcdserver: authentication is not enabled";

    /// <summary>
    /// The refusals that a new token mends. The server judges the token before it proposes anything (or, for the second, applies
    /// the proposal without effect), so a call refused with one of them may be sent again, a write too.
    /// </summary>
    private static readonly string[] _mendable =
    [
        "etcdserver: invalid auth token",
        "etcdserver: revision of auth store is old",
        "etcdserver: user name is empty",
    ];

    /// <summary>
    /// Refusals of a call without a token, which a first one may mend: who shows a certificate is judged by the name in it, which may be
    /// no user's, or one's who may do less. Older versions of etcd answer the first to a watch of nobody, too.
    /// </summary>
    private static readonly string[] _mendableWithoutToken = ["etcdserver: permission denied", "etcdserver: user name not found"];

    private readonly SemaphoreSlim _fetching = new(1);
    private State _state = new(options.Token, IsFetched: options.Token is not null);

    public bool HasCredentials => options.Token is null && !string.IsNullOrEmpty(options.User) && options.Password is not null;

    /// <summary>The token of the moment; null when the cluster asks for none or we have no credentials.</summary>
    public ValueTask<string?> CurrentAsync(CancellationToken cancellationToken)
    {
        var state = Volatile.Read(ref _state);
        return state.IsFetched || !HasCredentials
            ? ValueTask.FromResult(state.Token)
            : new ValueTask<string?>(FetchAsync(state, cancellationToken));
    }

    /// <summary>Whether a call or a watch refused with this text may succeed with a new token.</summary>
    /// <param name="refusal">The server's words.</param>
    /// <param name="sent">The token that was refused; null when none was sent.</param>
    public bool Mends(string refusal, string? sent) => HasCredentials && (Contains(_mendable, refusal) || (sent is null && Contains(_mendableWithoutToken, refusal)));

    /// <summary>Replaces a token that was refused, unless another call has replaced it meanwhile.</summary>
    public Task<string?> RenewAsync(string? refused, CancellationToken cancellationToken)
    {
        var state = Volatile.Read(ref _state);
        return state.IsFetched && state.Token != refused ? Task.FromResult(state.Token) : FetchAsync(state, cancellationToken);
    }

    public void Dispose() => _fetching.Dispose();

    private static bool Contains(string[] texts, string refusal) => Array.Exists(texts, text => refusal.Contains(text, StringComparison.Ordinal));

    private async Task<string?> FetchAsync(State seen, CancellationToken cancellationToken)
    {
        await _fetching.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!ReferenceEquals(_state, seen))
                return _state.Token;
            var fetched = new State(await AuthenticateAsync(isLogIn: seen.Token is null, cancellationToken).ConfigureAwait(false), IsFetched: true);
            Volatile.Write(ref _state, fetched);
            return fetched.Token;
        }
        finally
        {
            _fetching.Release();
        }
    }

    private async Task<string?> AuthenticateAsync(bool isLogIn, CancellationToken cancellationToken)
    {
        var request = new AuthenticateRequest { Name = options.User, Password = options.Password };
        var call = new CallOptions { Timeout = options.CallTimeout, Repeat = RepeatRule.IfUnavailable };
        try
        {
            var answer = await channel
                .UnaryAsync("/etcdserverpb.Auth/Authenticate", request, AuthenticateResponse.Parser, call, cancellationToken).ConfigureAwait(false);
            return answer.Token;
        }
        catch (GrpcException off) when (off.Message == NotEnabled)
        {
            // As etcd's client: credentials for a cluster that asks for none are not an error. When it begins to ask, it refuses
            // who comes without a token, and one is fetched then.
            return null;
        }
        catch (GrpcException denied) when (isLogIn)
        {
            throw new GrpcException(denied.Status, denied.Trailers, denied) { IsOfLogIn = true, NeverSent = denied.NeverSent };
        }
    }

    private sealed record State(string? Token, bool IsFetched);
}

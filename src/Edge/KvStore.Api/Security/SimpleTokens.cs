using System.Collections.Concurrent;
using System.Globalization;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Api.Security;

/// <summary>
/// Tokens that the log assigns: random letters, a dot, and the index of the entry. Kept in memory by every member, alive as long as
/// they are used at least once in their time, and never more than a limit of them: the ones longest unused go first (#22338).
/// </summary>
/// <remarks>The Apply lane assigns and revokes, calls look up, a timer removes what expired. Looking up takes no lock.</remarks>
public sealed class SimpleTokens : ITokenAssignments, ICallerTokens, IDisposable
{
    /// <summary>
    /// 16 MiB or so. Each took a check of a password, which costs a processor 50 ms: nobody's honest clients come near it.
    /// </summary>
    public const int CountMaxDefault = 65_536;

    // When full, a sixteenth goes at a time, so that finding the oldest is paid for by many assignments.
    private const int EvictedShare = 16;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Token> _tokens = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly long _lifetime;
    private readonly int _countMax;
    private readonly ITimer _sweep;

    public SimpleTokens(TimeProvider time, TimeSpan lifetime, int countMax = CountMaxDefault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        _time = time;
        _lifetime = (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        _countMax = countMax;
        _sweep = time.CreateTimer(static tokens => ((SimpleTokens)tokens!).RemoveExpired(), this, SweepInterval, SweepInterval);
    }

    public bool AreAssignedByTheLog => true;

    public int Count => _tokens.Count;

    public void Assign(string user, string token)
    {
        if (_tokens.Count >= _countMax)
            RemoveOldest();
        _tokens[token] = new Token(user) { UsedAt = _time.GetTimestamp() };
    }

    public void RevokeUser(string user)
    {
        foreach (var (token, known) in _tokens)
        {
            if (known.User == user)
                _tokens.TryRemove(token, out _);
        }
    }

    public void RevokeAll() => _tokens.Clear();

    public bool TryIdentify(string token, AuthRevision current, out Caller caller)
    {
        caller = default;
        var now = _time.GetTimestamp();
        if (!_tokens.TryGetValue(token, out var known) || now - Volatile.Read(ref known.UsedAt) > _lifetime)
            return false;
        Volatile.Write(ref known.UsedAt, now);
        caller = new Caller(known.User, current);
        return true;
    }

    public bool TryGetIndex(string token, out LogIndex index)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        var read = ulong.TryParse(token.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        index = new LogIndex(number);
        return dot >= 0 && read;
    }

    public string? Sign(string user, AuthRevision revision) => null;

    public void Dispose() => _sweep.Dispose();

    private void RemoveExpired()
    {
        var now = _time.GetTimestamp();
        foreach (var (token, known) in _tokens)
        {
            if (now - Volatile.Read(ref known.UsedAt) > _lifetime)
                _tokens.TryRemove(token, out _);
        }
    }

    private void RemoveOldest()
    {
        var oldest = _tokens.OrderBy(static entry => entry.Value.UsedAt).Take(1 + (_countMax / EvictedShare)).Select(static entry => entry.Key).ToList();
        foreach (var token in oldest)
            _tokens.TryRemove(token, out _);
    }

    private sealed class Token(string user)
    {
        public readonly string User = user;

        /// <summary>Timestamp; written by every call that uses the token.</summary>
        public long UsedAt;
    }
}

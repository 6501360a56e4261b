using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Api.Security;

/// <summary>The kind of tokens that callers prove themselves with (--auth-token). Any thread.</summary>
public interface ICallerTokens
{
    /// <summary>Whether a token comes into being by an entry of the log, or is signed by the member that checked the password.</summary>
    bool AreAssignedByTheLog { get; }

    /// <summary>Tokens that are remembered.</summary>
    int Count { get; }

    /// <summary>Who a token stands for; false when it is unknown, expired, or none.</summary>
    /// <param name="token">As the caller sent it.</param>
    /// <param name="current">The auth revision here: that of a token which carries none of its own.</param>
    /// <param name="caller">The user.</param>
    bool TryIdentify(string token, AuthRevision current, out Caller caller);

    /// <summary>The entry of the log that assigned the token, if one did: a member that has not applied it cannot know the token yet.</summary>
    bool TryGetIndex(string token, out LogIndex index);

    /// <summary>Signs a token; null where only the public key is known.</summary>
    string? Sign(string user, AuthRevision revision);
}

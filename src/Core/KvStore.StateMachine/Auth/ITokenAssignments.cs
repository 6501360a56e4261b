namespace KvStore.StateMachine;

/// <summary>
/// Where this member keeps the tokens that the log assigns; they live in memory only and have a time, which the state machine does
/// not know. Called by the Apply lane, must not block; tokens of a member that applied less are simply not known there yet.
/// </summary>
public interface ITokenAssignments
{
    void Assign(string user, string token);

    /// <summary>The user is gone, or has another password.</summary>
    void RevokeUser(string user);

    /// <summary>Authentication is off, or the state was replaced by a snapshot.</summary>
    void RevokeAll();
}

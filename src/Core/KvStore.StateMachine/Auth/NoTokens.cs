namespace KvStore.StateMachine;

/// <summary>For members whose callers bring tokens that prove themselves, or none.</summary>
public sealed class NoTokens : ITokenAssignments
{
    public static readonly NoTokens Instance = new();

    private NoTokens()
    {
    }

    public void Assign(string user, string token)
    {
    }

    public void RevokeUser(string user)
    {
    }

    public void RevokeAll()
    {
    }
}

namespace KvStore.StateMachine;

/// <summary>The numbers of <c>RangeRequest.SortTarget</c>.</summary>
internal static class SortTargets
{
    public const int Key = 0;
    public const int Version = 1;
    public const int Create = 2;
    public const int Mod = 3;
    public const int Value = 4;
}

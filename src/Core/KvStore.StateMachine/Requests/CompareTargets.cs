namespace KvStore.StateMachine;

/// <summary>The numbers of <c>Compare.CompareTarget</c>.</summary>
internal static class CompareTargets
{
    public const int Version = 0;
    public const int Create = 1;
    public const int Mod = 2;
    public const int Value = 3;
    public const int Lease = 4;
}

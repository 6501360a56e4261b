namespace KvStore.StateMachine;

/// <summary>The numbers of <c>Compare.CompareResult</c>.</summary>
internal static class CompareResults
{
    public const int Equal = 0;
    public const int Greater = 1;
    public const int Less = 2;
    public const int NotEqual = 3;
}

namespace KvStore.StateMachine;

/// <summary>The numbers of <c>RangeRequest.SortOrder</c>.</summary>
internal static class SortOrders
{
    public const int None = 0;
    public const int Ascend = 1;
    public const int Descend = 2;
}

using System.Globalization;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Node.Tests.Watch;

/// <summary>Responses as short texts, so that a test shows the whole of what a client got.</summary>
internal static class Shown
{
    /// <summary>For example <c>0@7: a=1@6 b-@7</c>: watch id, header revision, and the events with their revisions.</summary>
    public static string Show(this WatchResponse response)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{response.WatchId}@{response.Header.Revision}:");
        if (response.Created)
            text += " created";
        if (response.Canceled)
            text += " canceled";
        if (response.CompactRevision != 0)
            text += string.Create(CultureInfo.InvariantCulture, $" compacted={response.CompactRevision}");
        if (response.CancelReason.Length > 0)
            text += $" \"{response.CancelReason}\"";
        if (response.Fragment)
            text += " fragment";
        return text + string.Concat(response.Events.Select(e => " " + e.Show()));
    }

    public static string[] Show(this IEnumerable<WatchResponse> responses) => responses.Select(Show).ToArray();

    public static string Show(this Event shown)
    {
        var text = shown.Kv.Key.ToStringUtf8();
        text += shown.Type == Event.Types.EventType.Delete ? "-" : "=" + shown.Kv.Value.ToStringUtf8();
        text += string.Create(CultureInfo.InvariantCulture, $"@{shown.Kv.ModRevision}");
        if (shown.PrevKv is not null)
            text += string.Create(CultureInfo.InvariantCulture, $"({shown.PrevKv.Value.ToStringUtf8()}@{shown.PrevKv.ModRevision})");
        return text;
    }
}

using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

/// <summary>The endpoints a per-member command goes to: those given, or with `--cluster` those the members advertise.</summary>
internal static class MemberEndpoints
{
    public static Flag Cluster { get; } = Flag.Boolean("cluster", "use all endpoints from the cluster member list");

    public static async Task<IReadOnlyList<string>> OfAsync(Invocation call)
    {
        if (!call.Flags.Boolean("cluster"))
            return call.Flags.List("endpoints");
        var members = await call.Client.Cluster.ListAsync(new MemberListRequest { Linearizable = true }, call.Stopping).ConfigureAwait(false);
        return [.. members.Members.SelectMany(member => member.ClientURLs).Select(GoText.Of)];
    }
}

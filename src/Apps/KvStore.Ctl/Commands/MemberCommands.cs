using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;
using KvStore.Ctl.Output;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Memberships;

namespace KvStore.Ctl.Commands;

internal static class MemberCommands
{
    private static readonly Flag PeerUrls = Flag.Text("peer-urls", "", "comma separated peer URLs for the new member.");

    private static readonly Flag AutoPromote =
        Flag.Boolean("auto-promote", "the leader promotes the learner by itself once it has started and caught up");

    public static Command Group { get; } = new()
    {
        Name = "member",
        Use = "member <subcommand>",
        Summary = "Membership related commands",
        Children =
        [
            new Command
            {
                Name = "add",
                Use = "add <memberName> [options]",
                Summary = "Adds a member into the cluster",
                Flags = [Flag.Boolean("learner", "indicates if the new member is raft learner"), PeerUrls, AutoPromote],
                Run = AddAsync,
            },
            new Command
            {
                Name = "list",
                Use = "list",
                Summary = "Lists all members in the cluster",
                Flags = [Flag.Text("consistency", "l", "Linearizable(l) or Serializable(s)")],
                Run = ListAsync,
            },
            new Command { Name = "promote", Use = "promote <memberID>", Summary = "Promotes a non-voting member in the cluster", Run = PromoteAsync },
            MemberReplaceCommand.Definition,
            new Command { Name = "remove", Use = "remove <memberID>", Summary = "Removes a member from the cluster", Run = RemoveAsync },
            new Command { Name = "update", Use = "update <memberID> [options]", Summary = "Updates a member in the cluster", Flags = [PeerUrls], Run = UpdateAsync },
        ],
    };

    private static async Task AddAsync(Invocation call)
    {
        if (call.Arguments.Count < 1)
            throw new CtlException(ExitCode.BadArguments, "member name not provided");
        if (call.Arguments.Count > 1)
            throw new CtlException(ExitCode.BadArguments, call.Arguments[1].Contains("://", StringComparison.Ordinal)
                ? $"too many arguments, did you mean --peer-urls={call.Arguments[1]}"
                : "too many arguments");
        var request = new MemberAddRequest { IsLearner = call.Flags.Boolean("learner") };
        request.PeerURLs.AddRange(Urls(call));
        if (call.Flags.Boolean("auto-promote") && !request.IsLearner)
            throw new CtlException(ExitCode.BadArguments, "--auto-promote is for a learner: give --learner, too");
        var answer = call.Flags.Boolean("auto-promote")
            ? await JoinAsync(call, request).ConfigureAwait(false)
            : await call.Client.Cluster.AddAsync(request, call.Stopping).ConfigureAwait(false);
        call.Printer.MemberAdd(answer);
        if (call.Printer is SimplePrinter)
            WriteEnvironment(call, call.Arguments[0], call.Flags.Text("peer-urls"), answer.Member.ID, answer.Members);
    }

    private static async Task<MemberAddResponse> JoinAsync(Invocation call, MemberAddRequest request)
    {
        var answer = await call.Client.Cluster.JoinAsync(new JoinRequest { PeerUrls = { request.PeerURLs } }, call.Stopping).ConfigureAwait(false);
        return new MemberAddResponse { Header = answer.Header, Member = answer.Member, Members = { answer.Members } };
    }

    /// <summary>What the new member's process has to be started with.</summary>
    public static void WriteEnvironment(Invocation call, string name, string peerUrls, ulong id, IEnumerable<Member> members)
    {
        var cluster = members.SelectMany(member =>
            member.PeerURLs.Select(url => $"{(member.ID == id ? name : GoText.Of(member.Name))}={GoText.Of(url)}"));
        call.Output.Write("\n");
        call.Output.Write($"ETCD_NAME={GoText.Quote(name)}\n");
        call.Output.Write($"ETCD_INITIAL_CLUSTER={GoText.Quote(string.Join(',', cluster))}\n");
        call.Output.Write($"ETCD_INITIAL_ADVERTISE_PEER_URLS={GoText.Quote(peerUrls)}\n");
        call.Output.Write("ETCD_INITIAL_CLUSTER_STATE=\"existing\"\n");
    }

    private static async Task ListAsync(Invocation call)
    {
        var linearizable = call.Flags.Text("consistency") switch
        {
            "l" => true,
            "s" => false,
            var other => throw new CtlException(ExitCode.BadFeature, $"unknown consistency flag {GoText.Quote(other)}"),
        };
        call.Printer.MemberList(await call.Client.Cluster.ListAsync(new MemberListRequest { Linearizable = linearizable }, call.Stopping).ConfigureAwait(false));
    }

    private static async Task RemoveAsync(Invocation call)
    {
        var id = OnlyId(call);
        call.Printer.MemberRemove(id, await call.Client.Cluster.RemoveAsync(new MemberRemoveRequest { ID = id }, call.Stopping).ConfigureAwait(false));
    }

    private static async Task PromoteAsync(Invocation call)
    {
        var id = OnlyId(call);
        call.Printer.MemberPromote(id, await call.Client.Cluster.PromoteAsync(new MemberPromoteRequest { ID = id }, call.Stopping).ConfigureAwait(false));
    }

    private static async Task UpdateAsync(Invocation call)
    {
        var id = OnlyId(call);
        var request = new MemberUpdateRequest { ID = id };
        request.PeerURLs.AddRange(Urls(call));
        call.Printer.MemberUpdate(id, await call.Client.Cluster.UpdateAsync(request, call.Stopping).ConfigureAwait(false));
    }

    private static ulong OnlyId(Invocation call) => call.Arguments.Count == 1
        ? Ids.Member(call.Arguments[0])
        : throw new CtlException(ExitCode.BadArguments, "member ID is not provided");

    private static string[] Urls(Invocation call) => call.Flags.Text("peer-urls") is { Length: > 0 } urls
        ? [.. urls.Split(',').Select(url => GoText.ToUnicode(FoundingFlags.PeerUrl(url)))]
        : throw new CtlException(ExitCode.BadArguments, "member peer urls not provided");
}

using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Memberships;

namespace KvStore.Ctl.Commands;

/// <summary>
/// `member replace`: one voter for another. The cluster does it (the learner's record says whose place it takes, and the leader acts on
/// that); the command asks for it and then looks on. So it may be killed and repeated at any time: each round begins with who
/// the members are.
/// </summary>
internal static class MemberReplaceCommand
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Without an answer for so long it gives up: a cluster whose leader dies answers again within seconds.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(60);

    public static Command Definition { get; } = new()
    {
        Name = "replace",
        Use = "replace <memberID or name> <new peer URLs> [options]",
        Summary = "Replaces a voting member by a new one in a single change; safe to repeat",
        Flags = [Flag.Text("name", "", "name that the new member is to be started with; member-ID of the new member when empty")],
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count != 2)
            throw new CtlException(ExitCode.BadArguments, "member replace needs the member's ID or name and the peer URLs of the new one");
        var urls = Urls(call.Arguments[1]);
        using var silence = new Silence(call, SilenceMax);
        using var progress = new ReplacementProgress(call.Errors);
        var isAsked = false;
        while (true)
        {
            var seen = await silence.BreakAsync(client => client.Cluster.ProgressAsync(call.Stopping)).ConfigureAwait(false);
            if (seen is not null)
            {
                silence.Know(seen);
                var stand = ReplacementStand.Of(seen, call.Arguments[0], urls);
                if (stand.IsDone)
                {
                    progress.End();
                    Report(call, seen, stand);
                    return;
                }

                isAsked = isAsked || await AskAsync(call, silence, stand, urls).ConfigureAwait(false);
                progress.Show(stand);
            }

            await Task.Delay(LookAgain, call.Stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for what is not there yet. True once the member is there, and shown how to start it.</summary>
    private static async Task<bool> AskAsync(Invocation call, Silence silence, ReplacementStand stand, string[] urls)
    {
        if (stand.Replaced is not null && stand.IsToBeAsked)
        {
            var request = new JoinRequest { PeerUrls = { urls }, Replaces = stand.Replaced.Member.ID };
            if (await silence.BreakAsync(client => client.Cluster.JoinAsync(request, call.Stopping)).ConfigureAwait(false) is not { } joined)
                return false;
            Introduce(call, joined.Member, joined.Members);
            return true;
        }

        if (stand.Joining is { Member.Name.Length: 0 } unstarted)
            Introduce(call, unstarted.Member, stand.Members);
        return true;
    }

    private static void Introduce(Invocation call, Member added, IReadOnlyList<Member> members)
    {
        if (call.Printer is not SimplePrinter)
            return;
        var name = call.Flags.Text("name") is { Length: > 0 } given ? given : $"member-{added.ID:x}";
        call.Output.Write($"Member {added.ID,16:x} is added as a learner; start it with\n");
        MemberCommands.WriteEnvironment(call, name, call.Arguments[1], added.ID, members);
        call.Output.Flush();
    }

    private static void Report(Invocation call, ProgressResponse seen, ReplacementStand stand)
    {
        if (call.Printer is SimplePrinter)
            call.Output.Write($"Member {stand.Joining!.Replaces,16:x} is replaced by {stand.Joining.Member.ID,16:x} in cluster {seen.Header.ClusterId,16:x}\n");
        else
            call.Printer.MemberList(new MemberListResponse { Header = seen.Header, Members = { stand.Members } });
    }

    private static string[] Urls(string text) => text.Length > 0
        ? [.. GoText.ToUnicode(text).Split(',').Order(StringComparer.Ordinal)]
        : throw new CtlException(ExitCode.BadArguments, "member peer urls not provided");
}

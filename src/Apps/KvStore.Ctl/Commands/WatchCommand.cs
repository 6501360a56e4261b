using System.Diagnostics;
using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Ctl.Commands;

internal static class WatchCommand
{
    private const string Compacted = "etcdserver: mvcc: required revision has been compacted";
    private const string Future = "etcdserver: mvcc: required revision is a future revision";

    public static Command Definition { get; } = new()
    {
        Name = "watch",
        Use = "watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]",
        Summary = "Watches events stream on keys or prefixes",
        Flags =
        [
            Flag.Boolean("interactive", "Interactive mode", letter: 'i'),
            Flag.Boolean("prefix", "Watch on a prefix if prefix is set"),
            Flag.Boolean("prev-kv", "get the previous key-value pair before the event happens"),
            Flag.Boolean("progress-notify", "get periodic watch progress notification from server"),
            Flag.Integer("rev", "0", "Revision to start watching"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        if (string.IsNullOrEmpty(Variable("WATCH_KEY")) && Variable("WATCH_RANGE_END") is { Length: > 0 } end)
            throw new CtlException(ExitCode.BadArguments, $"ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END={GoText.Quote(GoText.Of(end))}");
        if (call.Flags.Boolean("interactive"))
        {
            await InteractiveAsync(call).ConfigureAwait(false);
            return;
        }

        var arguments = WatchArguments.Of(call.Line, Variable("WATCH_KEY"), Variable("WATCH_RANGE_END"));
        if (arguments.Conflict is { } conflict)
            throw new CtlException(ExitCode.BadArguments, conflict);
        await FollowAsync(call, call.Client.Watch.Open(arguments.Request), arguments.Program).ConfigureAwait(false);
        throw new CtlException(ExitCode.Interrupted, "watch is canceled by the server");
    }

    /// <summary>
    /// Reads lines `watch …` and `progress` until the end of the input, which is an error as in etcdctl, or until a watch fails: its
    /// program did, or the member refused it.
    /// </summary>
    private static async Task InteractiveAsync(Invocation call)
    {
        var watchers = new List<Watcher>();
        var failure = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            // A terminal is read by a thread that waits for it and cannot be told to stop.
            var first = await Task.WhenAny(Task.Run(call.Input.ReadLine), failure.Task).WaitAsync(call.Stopping).ConfigureAwait(false);
            var line = await first.ConfigureAwait(false)
                ?? throw new CtlException(ExitCode.InvalidInput, "error reading watch request line: EOF");
            var text = line.TrimEnd('\r');
            var words = GoWords.Split(text);
            switch (words.FirstOrDefault())
            {
                case null:
                    Complain(call, $"Invalid command: {text} (watch and progress supported)");
                    break;
                case "watch":
                    if (Start(call, words, text, failure) is { } watcher)
                        watchers.Add(watcher);
                    break;
                case "progress":
                    foreach (var open in watchers)
                        await open.RequestProgressAsync(call.Stopping).ConfigureAwait(false);
                    break;
                default:
                    Complain(call, $"Invalid command {text} (only support watch)");
                    break;
            }
        }
    }

    private static Watcher? Start(Invocation call, List<string> words, string text, TaskCompletionSource<string?> failure)
    {
        if (words.Count < 2 && string.IsNullOrEmpty(Variable("WATCH_KEY")))
        {
            Complain(call, $"Invalid command {text} (command type or key is not provided)");
            return null;
        }

        var arguments = WatchArguments.Of(Parse(words), Variable("WATCH_KEY"), Variable("WATCH_RANGE_END"));
        if (arguments.Conflict is { } conflict)
        {
            Complain(call, $"Invalid command {text} ({conflict})");
            return null;
        }

        var watcher = call.Client.Watch.Open(arguments.Request);
        _ = Task.Run(() => FollowOrFailAsync(call, watcher, arguments.Program, failure), call.Stopping);
        return watcher;
    }

    /// <summary>Reads a line's words; flags that do not exist end the program, as in etcdctl.</summary>
    private static CommandLine Parse(List<string> words)
    {
        try
        {
            return CommandLine.Parse(new Command { Name = "", Use = "", Summary = "", Children = [Definition] }, words);
        }
        catch (CtlException refused)
        {
            throw new CtlException(ExitCode.BadArguments, refused.Message);
        }
    }

    private static async Task FollowOrFailAsync(Invocation call, Watcher watcher, IReadOnlyList<string> program, TaskCompletionSource<string?> failure)
    {
        try
        {
            await FollowAsync(call, watcher, program).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Stopping.IsCancellationRequested)
        {
            // The reader of lines ends by itself.
        }
        catch (Exception failed)
        {
            failure.TrySetException(failed);
        }
    }

    private static async Task FollowAsync(Invocation call, Watcher watcher, IReadOnlyList<string> program)
    {
        await foreach (var answer in watcher.ReadAllAsync(call.Stopping).ConfigureAwait(false))
        {
            if (answer.Created && !answer.Canceled)
                continue;
            lock (call.Output)
                Show(call, answer);
            foreach (var change in program.Count > 0 ? answer.Events : [])
                await ExecuteAsync(call, program, answer, change).ConfigureAwait(false);
        }
    }

    private static void Show(Invocation call, WatchResponse answer)
    {
        if (answer.Canceled)
            Complain(call, $"watch was canceled ({Reason(answer)})");
        else if (answer.Events.Count == 0)
            call.Output.Write($"progress notify: {answer.Header.Revision}\n");
        call.Printer.Watch(answer);
        call.Output.Flush();
    }

    private static string Reason(WatchResponse answer)
    {
        if (answer.CompactRevision != 0)
            return Compacted;
        return answer.CancelReason.Length > 0 ? GoText.Of(answer.CancelReason) : Future;
    }

    private static async Task ExecuteAsync(Invocation call, IReadOnlyList<string> program, WatchResponse answer, Event change)
    {
        var start = ProgramStart.Of(
            program,
            ("ETCD_WATCH_REVISION", FormattableString.Invariant($"{answer.Header.Revision}")),
            ("ETCD_WATCH_EVENT_TYPE", change.Type == Event.Types.EventType.Put ? "\"PUT\"" : "\"DELETE\""),
            ("ETCD_WATCH_KEY", GoText.ToUnicode(GoText.Quote(GoText.OfBytes(change.Kv.Key)))),
            ("ETCD_WATCH_VALUE", GoText.ToUnicode(GoText.Quote(GoText.OfBytes(change.Kv.Value)))));
        var shown = $"[{string.Join(' ', program.Select(GoText.Quote))}]";
        try
        {
            using var child = Process.Start(start)!;
            await child.WaitForExitAsync(call.Stopping).ConfigureAwait(false);
            if (child.ExitCode == 0)
                return;
            Complain(call, $"command {shown} error (exit status {child.ExitCode})");
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            Complain(call, $"command {shown} error ({ProgramStart.Refusal(program[0], refused)})");
        }

        throw new CtlException(ExitCode.Error, "");
    }

    private static void Complain(Invocation call, string text)
    {
        call.Errors.Write(text + "\n");
        call.Errors.Flush();
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable("KVCTL_" + name) is { Length: > 0 } ours ? ours : Environment.GetEnvironmentVariable("ETCDCTL_" + name);
}

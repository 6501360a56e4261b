using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

/// <summary>Reads compares, success requests and failure requests from standard input, each part ended by an empty line.</summary>
internal static class TxnCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "txn",
        Use = "txn [options]",
        Summary = "Txn processes all the requests in one transaction",
        Flags = [Flag.Boolean("interactive", "Input transaction in interactive mode", letter: 'i')],
        HasTimeout = false,
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count != 0)
            throw new CtlException(ExitCode.BadArguments, "txn command does not accept argument");
        var request = new TxnRequest();
        Read(call, "compares:", line => request.Compare.Add(TxnCompare.Parse(line)));
        Read(call, "success requests (get, put, del):", line => request.Success.Add(Operation(line, call)));
        Read(call, "failure requests (get, put, del):", line => request.Failure.Add(Operation(line, call)));
        call.Printer.Txn(await call.Client.Kv.TxnAsync(request, call.Stopping).ConfigureAwait(false));
    }

    private static void Read(Invocation call, string prompt, Action<string> take)
    {
        if (call.Flags.Boolean("interactive"))
        {
            call.Output.Write(prompt + "\n");
            call.Output.Flush();
        }

        while (true)
        {
            // A last line without its end is no line to etcdctl either.
            var line = call.Input.ReadLine() ?? throw new CtlException(ExitCode.InvalidInput, "EOF");
            if (line.Trim() is not { Length: > 0 } text)
                return;
            take(text);
        }
    }

    private static RequestOp Operation(string line, Invocation call)
    {
        var words = GoWords.Split(line);
        if (words.Count < 2)
            throw new CtlException(ExitCode.InvalidInput, $"invalid txn compare request: {line}");
        var commands = new Command
        {
            Name = "", Use = "", Summary = "", Children = [PutCommand.Definition, GetCommand.Definition, DelCommand.Definition],
        };
        CommandLine parsed;
        try
        {
            parsed = CommandLine.Parse(commands, words);
        }
        catch (CtlException)
        {
            throw new CtlException(ExitCode.InvalidInput, $"invalid txn request: {line}");
        }

        if (parsed.Command == PutCommand.Definition)
            return new RequestOp { RequestPut = PutCommand.Request(parsed.Positionals, parsed.Flags, TextReader.Null) };
        return parsed.Command == GetCommand.Definition
            ? new RequestOp { RequestRange = GetCommand.Request(parsed.Positionals, parsed.Flags) }
            : new RequestOp { RequestDeleteRange = DelCommand.Request(call, parsed.Positionals, parsed.Flags) };
    }
}

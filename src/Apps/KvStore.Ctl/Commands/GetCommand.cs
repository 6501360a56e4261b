using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class GetCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "get",
        Use = "get [options] <key> [range_end]",
        Summary = "Gets the key or a range of keys",
        Flags =
        [
            Flag.Text("consistency", "l", "Linearizable(l) or Serializable(s)"),
            Flag.Boolean("count-only", "Get only the count"),
            Flag.Boolean("from-key", "Get keys that are greater than or equal to the given key using byte compare"),
            Flag.Boolean("keys-only", "Get only the keys"),
            Flag.Integer("limit", "0", "Maximum number of results"),
            Flag.Integer("max-create-rev", "0", "Maximum create revision"),
            Flag.Integer("max-mod-rev", "0", "Maximum modification revision"),
            Flag.Integer("min-create-rev", "0", "Minimum create revision"),
            Flag.Integer("min-mod-rev", "0", "Minimum modification revision"),
            Flag.Text("order", "", "Order of results; ASCEND or DESCEND (ASCEND by default)"),
            Flag.Boolean("prefix", "Get keys with matching prefix"),
            Flag.Boolean("print-value-only", "Only write values when using the \"simple\" output format"),
            Flag.Integer("rev", "0", "Specify the kv revision"),
            Flag.Text("sort-by", "", "Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION"),
            Flag.Boolean("stream", "Use the RangeStream RPC"),
        ],
        Run = RunAsync,
    };

    public static RangeRequest Request(List<string> arguments, ParsedFlags flags)
    {
        if (arguments.Count == 0)
            throw new CtlException(ExitCode.BadArguments, "get command needs one argument as key and an optional argument as range_end");
        if (flags.Boolean("keys-only") && flags.Boolean("count-only"))
            throw new CtlException(ExitCode.BadArguments, "`--keys-only` and `--count-only` cannot be set at the same time, choose one");
        var keys = KeyArguments.Of(arguments, flags);
        var (order, target) = Sorting(flags);
        return new RangeRequest
        {
            Key = keys.Key,
            RangeEnd = keys.RangeEnd,
            Serializable = IsSerializable(flags.Text("consistency")),
            Limit = flags.Integer("limit"),
            Revision = flags.Integer("rev"),
            SortOrder = order,
            SortTarget = target,
            KeysOnly = flags.Boolean("keys-only"),
            CountOnly = flags.Boolean("count-only"),
            MinCreateRevision = flags.Integer("min-create-rev"),
            MaxCreateRevision = flags.Integer("max-create-rev"),
            MinModRevision = flags.Integer("min-mod-rev"),
            MaxModRevision = flags.Integer("max-mod-rev"),
        };
    }

    private static async Task RunAsync(Invocation call)
    {
        var request = Request(call.Arguments, call.Flags);
        var answer = call.Flags.Boolean("stream")
            ? await JoinedAsync(call, request).ConfigureAwait(false)
            : await call.Client.Kv.RangeAsync(request, call.Stopping).ConfigureAwait(false);
        var printer = call.Printer;
        if (request.CountOnly && printer is not FieldsPrinter)
            throw new CtlException(ExitCode.BadArguments, "--count-only is only for `--write-out=fields`");
        if (call.Flags.Boolean("print-value-only"))
        {
            if (printer is not SimplePrinter simple)
                throw new CtlException(ExitCode.BadArguments, "print-value-only is only for `--write-out=simple`");
            simple.ValuesOnly = true;
        }

        printer.Get(answer);
    }

    /// <summary>Nothing is shown before all of it has come: a part would look like the whole.</summary>
    private static async Task<RangeResponse> JoinedAsync(Invocation call, RangeRequest request)
    {
        using var limit = call.Limited(call.Flags.Duration("command-timeout"));
        var whole = new RangeResponse();
        try
        {
            await foreach (var piece in call.Client.Kv.RangeStreamAsync(request, limit.Token).ConfigureAwait(false))
                whole.MergeFrom(piece);
            return whole;
        }
        catch (Exception ended) when (limit.IsCancellationRequested && !call.Stopping.IsCancellationRequested && ended is OperationCanceledException or GrpcException { Code: StatusCode.Canceled })
        {
            throw new CtlException(ExitCode.Error, "context deadline exceeded");
        }
    }

    private static bool IsSerializable(string consistency) => consistency switch
    {
        "l" => false,
        "s" => true,
        _ => throw new CtlException(ExitCode.BadFeature, $"unknown consistency flag {GoText.Quote(consistency)}"),
    };

    private static (RangeRequest.Types.SortOrder Order, RangeRequest.Types.SortTarget Target) Sorting(ParsedFlags flags)
    {
        var order = flags.Text("order").ToUpperInvariant() switch
        {
            "" => RangeRequest.Types.SortOrder.None,
            "ASCEND" => RangeRequest.Types.SortOrder.Ascend,
            "DESCEND" => RangeRequest.Types.SortOrder.Descend,
            var other => throw new CtlException(ExitCode.BadFeature, $"bad sort order {other}"),
        };
        var target = flags.Text("sort-by").ToUpperInvariant() switch
        {
            "" or "KEY" => RangeRequest.Types.SortTarget.Key,
            "CREATE" => RangeRequest.Types.SortTarget.Create,
            "MODIFY" => RangeRequest.Types.SortTarget.Mod,
            "VALUE" => RangeRequest.Types.SortTarget.Value,
            "VERSION" => RangeRequest.Types.SortTarget.Version,
            var other => throw new CtlException(ExitCode.BadFeature, $"bad sort target {other}"),
        };
        // Ascending by key is the order of the store anyway; saying it would make the server sort.
        return order == RangeRequest.Types.SortOrder.Ascend && target == RangeRequest.Types.SortTarget.Key
            ? (RangeRequest.Types.SortOrder.None, target)
            : (order, target);
    }
}

using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class PutCommand
{
    private const string WrongCount = "put command needs 1 argument and input from stdin or 2 arguments";

    public static Command Definition { get; } = new()
    {
        Name = "put",
        Use = "put [options] <key> <value> (<value> can also be given from stdin)",
        Summary = "Puts the given key into the store",
        Flags =
        [
            Flag.Boolean("ignore-lease", "updates the key using its current lease"),
            Flag.Boolean("ignore-value", "updates the key using its current value"),
            Flag.Text("lease", "0", "lease ID (in hexadecimal) to attach to the key"),
            Flag.Boolean("prev-kv", "return the previous key-value pair before modification"),
        ],
        Run = RunAsync,
    };

    public static PutRequest Request(List<string> arguments, ParsedFlags flags, TextReader input)
    {
        if (arguments.Count == 0)
            throw new CtlException(ExitCode.BadArguments, WrongCount);
        var ignoreValue = flags.Boolean("ignore-value");
        if (ignoreValue && arguments.Count > 1)
            throw new CtlException(ExitCode.BadArguments, "put command needs only 1 argument when 'ignore-value' is set");
        var value = ignoreValue ? "" : arguments.Count > 1 ? arguments[1] : FromInput(input);
        if (!GoNumbers.TryParseInt64(flags.Text("lease"), 16, out var lease, out var error))
            throw new CtlException(ExitCode.BadArguments, $"bad lease ID ({error}), expecting ID in Hex");
        return new PutRequest
        {
            Key = GoText.ToBytes(arguments[0]),
            Value = GoText.ToBytes(value),
            Lease = lease,
            PrevKv = flags.Boolean("prev-kv"),
            IgnoreValue = ignoreValue,
            IgnoreLease = flags.Boolean("ignore-lease"),
        };
    }

    private static string FromInput(TextReader input) =>
        input.ReadToEnd() is { Length: > 0 } value ? value : throw new CtlException(ExitCode.BadArguments, WrongCount);

    private static async Task RunAsync(Invocation call) =>
        call.Printer.Put(await call.Client.Kv.PutAsync(Request(call.Arguments, call.Flags, call.Input), call.Stopping).ConfigureAwait(false));
}

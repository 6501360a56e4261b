using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

/// <summary>A line `target("key") op "value"`.</summary>
internal static class TxnCompare
{
    public static Compare Parse(string line)
    {
        var open = line.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
            throw Malformed(line);
        var target = line[..open];
        var rest = line[(open + 1)..];
        if (!TryTakeParts(rest, out var key, out var operation, out var value))
            throw Malformed($"{line}; got {target}({GoText.Quote(key)}) {operation} {GoText.Quote(value)}");
        var compare = new Compare { Key = GoText.ToBytes(key) };
        SetTarget(compare, target, value, line);
        compare.Result = operation switch
        {
            "=" => Compare.Types.CompareResult.Equal,
            "!=" => Compare.Types.CompareResult.NotEqual,
            ">" => Compare.Types.CompareResult.Greater,
            "<" => Compare.Types.CompareResult.Less,
            // etcdctl panics here.
            _ => throw new CtlException(ExitCode.InvalidInput, $"invalid txn compare request: {line}"),
        };
        return compare;
    }

    /// <summary>fmt.Sscanf with `%q) %s %q`.</summary>
    private static bool TryTakeParts(string rest, out string key, out string operation, out string value)
    {
        operation = "";
        value = "";
        rest = rest.TrimStart(' ', '\t');
        if (!GoUnquote.TryTake(ref rest, out key) || !rest.StartsWith(')'))
            return false;
        rest = rest[1..].TrimStart(' ', '\t');
        var end = rest.IndexOfAny([' ', '\t']);
        operation = end < 0 ? rest : rest[..end];
        rest = end < 0 ? "" : rest[end..].TrimStart(' ', '\t');
        return GoUnquote.TryTake(ref rest, out value);
    }

    private static void SetTarget(Compare compare, string target, string value, string line)
    {
        switch (target)
        {
            case "ver" or "version":
                compare.Target = Compare.Types.CompareTarget.Version;
                compare.Version = Number(value, line);
                break;
            case "c" or "create":
                compare.Target = Compare.Types.CompareTarget.Create;
                compare.CreateRevision = Number(value, line);
                break;
            case "m" or "mod":
                compare.Target = Compare.Types.CompareTarget.Mod;
                compare.ModRevision = Number(value, line);
                break;
            case "val" or "value":
                compare.Target = Compare.Types.CompareTarget.Value;
                compare.Value = GoText.ToBytes(value);
                break;
            case "lease":
                compare.Target = Compare.Types.CompareTarget.Lease;
                compare.Lease = GoNumbers.TryParseInt64(value, 16, out var lease, out _) ? lease : throw Invalid(line);
                break;
            default:
                throw Malformed($"{line} (unknown target {target})");
        }
    }

    private static long Number(string value, string line) => GoNumbers.TryParseInt64(value, 10, out var number, out _) ? number : throw Invalid(line);

    private static CtlException Invalid(string line) => new(ExitCode.InvalidInput, $"invalid txn compare request: {line}");

    private static CtlException Malformed(string what) => new(ExitCode.InvalidInput, $"malformed comparison: {what}");
}

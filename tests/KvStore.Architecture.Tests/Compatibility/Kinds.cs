using System.Reflection;
using Google.Protobuf.Reflection;
using KvStore.Api.Gateway;
using KvStore.Protocol;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Health;
using KvStore.Protocol.Lock;
using KvStore.Server.Configuration;

namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>Everything that etcd's users may rely on, kind by kind: from the protos, the code, and the tables beside this file.</summary>
internal static class Kinds
{
    private const string Seen = "compared with etcd's";

    private static readonly FileDescriptor[] Protos =
        [RpcReflection.Descriptor, ElectionReflection.Descriptor, LockReflection.Descriptor, HealthReflection.Descriptor];

    public static IReadOnlyList<Kind> All()
    {
        var witnesses = new Witnesses();
        return
        [
            Rpcs(witnesses), Fields(witnesses), Errors(), Flags(), JsonPaths(witnesses),
            Rules("HTTP", "Plain paths, listeners and the JSON gateway.", "http.txt", "Path or rule"),
            Metrics(),
            new Kind("Commands", $"`kvctl` beside `etcdctl` and `etcdutl`: each command, and each with each of its flags.", ["Command", "What it prints"], RowTable.Read("commands.txt").Rows(key => witnesses.Of("command " + key))),
            Rules("Wire", "Calls, headers and odd answers.", "wire.txt"),
            Rules("Semantics", "What the calls mean.", "semantics.txt"),
            Rules("Start and certificates", "Settings, their judgement, how a cluster begins, TLS.", "start.txt"),
            Rules("Command-line tools", "What holds for all commands.", "tools.txt"),
            Rules("Process", "As supervisors and harnesses meet it.", "process.txt"),
        ];
    }

    public static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    public static IEnumerable<MethodDescriptor> Methods() => Protos.SelectMany(file => file.Services).SelectMany(service => service.Methods);

    private static Kind Rules(string title, string about, string table, string column = "Rule") =>
        new(title, about, [column, "etcd"], RowTable.Read(table).Rows());

    private static Kind Rpcs(Witnesses witnesses)
    {
        var table = RowTable.Read("rpcs.txt");
        var rows = Methods().Select(PathOf).Order(StringComparer.Ordinal).Select(path => Row.Of(path, [], table.Evidence(path), witnesses.Of("rpc " + path)));
        return new Kind("Rpcs", $"Read from the protos; the answers are {Seen}.", ["Rpc"], [.. rows]);
    }

    private static Kind Fields(Witnesses witnesses)
    {
        var table = RowTable.Read("fields.txt");
        var messages = Methods().SelectMany(method => new[] { method.InputType, method.OutputType }).SelectMany(Reachable).Distinct().OrderBy(message => message.FullName, StringComparer.Ordinal).ToArray();
        var fields = messages.SelectMany(message => message.Fields.InFieldNumberOrder()).Select(field => (Key: field.FullName, Facts: (string[])[TypeOf(field)], Seen: "field " + field.FullName));
        var values = messages.SelectMany(message => message.Fields.InFieldNumberOrder()).Where(field => field.FieldType == FieldType.Enum).Select(field => field.EnumType).Distinct()
            .SelectMany(type => type.Values.Where(value => value.Number != 0).Select(value => (Key: $"{type.FullName}.{value.Name}", Facts: (string[])[$"value {value.Number}"], Seen: $"value {type.FullName}.{value.Name}")));
        return new Kind(
            "Fields", $"Of every message that an rpc takes or gives, and the values of its enumerations (zero is the absence of the field). Moved by a test, most of them {Seen} whole.", ["Field", "Type"],
            [.. fields.Concat(values).Select(row => Row.Of(row.Key, row.Facts, table.Evidence(row.Key), witnesses.Of(row.Seen)))]);
    }

    private static Kind Errors()
    {
        var table = RowTable.Read("errors.txt");
        var errors = typeof(EtcdErrors).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (field.Name, Error: (EtcdError)field.GetValue(null)!)).ToArray();
        Assert.Empty(table.Keys.Except(errors.Select(error => error.Name)));
        return new Kind(
            "Errors", "Code and text are those of the table of `EtcdErrors`, which `EtcdErrorsTests.EveryErrorOfEtcd_IsInTheTable_WithItsCode` holds against etcd's; here the test that provokes each.", ["Text", "Code"],
            [.. errors.Select(error => Row.Of(error.Error.Text, [error.Error.Code.ToString()], table.Evidence(error.Name), []))])
        {
            Mentions = row => [errors.First(error => error.Error.Text == row.Key).Name, row.Key.Replace("etcdserver: ", "", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)],
        };
    }

    private static Kind Flags()
    {
        var table = RowTable.Read("flags.txt");
        var rows = table.Keys.Select(name => Row.Of("--" + name, [.. table.Facts(name), FlagTable.Find(name) is { } flag ? Effect(flag) : "unknown"], Why(table.Evidence(name), FlagTable.Find(name)), []));
        return new Kind(
            "Flags", "Each by command line, `ETCD_` variable and key of the configuration file: `FlagContractTests` reads the same table. Here the test that shows its effect.", ["Flag", "Default", "Key in the file", "Here"], [.. rows])
        {
            Mentions = row => [row.Key, row.Key[2..]],
        };
    }

    /// <summary>A flag without effect says itself why.</summary>
    private static string Why(string evidence, Flag? flag) => evidence == "design" ? $"design: {flag?.Note}" : evidence;

    private static string Effect(Flag flag) => flag.Effect switch
    {
        FlagEffect.Effective => "effective",
        FlagEffect.Inert => "accepted without effect",
        FlagEffect.Refused => "refused",
        _ => throw new InvalidOperationException($"{flag.Effect} has no words"),
    };

    private static Kind JsonPaths(Witnesses witnesses) => JsonPaths(witnesses, RowTable.Read("paths.txt"));

    private static Kind JsonPaths(Witnesses witnesses, RowTable table) => new(
        "JSON paths", $"`POST` on the client URLs (or `--listen-client-http-urls`); `/v3beta/` is the same. The answers are {Seen}.", ["Path", "Rpc"],
        [.. GatewayRoutes.All.OrderBy(route => route.Key, StringComparer.Ordinal).Select(route => Row.Of(route.Key, [$"`{PathOf(route.Value)}`{(route.Value.IsServerStreaming ? ", a line for each message" : "")}"], table.Evidence(route.Key), witnesses.Of("path " + route.Key)))]);

    private static Kind Metrics() => new(
        "Metrics", "Name, kind and labels: `MetricsContractTests` reads the same table, and etcd's own page. Here the test that sees each move.", ["Family", "Kind", "Labels"], RowTable.Read("metrics.txt").Rows())
    {
        Mentions = row => [row.Key],
    };

    private static IEnumerable<MessageDescriptor> Reachable(MessageDescriptor message)
    {
        var found = new HashSet<MessageDescriptor>();
        var open = new Stack<MessageDescriptor>([message]);
        while (open.TryPop(out var next))
        {
            if (!found.Add(next))
                continue;
            foreach (var field in next.Fields.InFieldNumberOrder().Where(field => field.FieldType == FieldType.Message))
                open.Push(field.MessageType);
        }

        return found;
    }

    private static string TypeOf(FieldDescriptor field)
    {
        var type = field.FieldType switch
        {
            FieldType.Message => field.MessageType.Name,
            FieldType.Enum => field.EnumType.Name,
            var scalar => scalar.ToString().ToLowerInvariant(),
        };
        return $"{field.FieldNumber}: {(field.IsRepeated ? "repeated " : "")}{type}";
    }
}

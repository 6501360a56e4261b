using System.Text;
using Google.Protobuf;
using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class RoleCommands
{
    private static readonly Flag Prefix = Flag.Boolean("prefix", "grant a prefix permission");
    private static readonly Flag FromKey = Flag.Boolean("from-key", "grant a permission of keys that are greater than or equal to the given key using byte compare");

    public static Command Group { get; } = new()
    {
        Name = "role",
        Use = "role <subcommand>",
        Summary = "Role related commands",
        Children =
        [
            new Command { Name = "add", Use = "add <role name>", Summary = "Adds a new role", Run = AddAsync },
            new Command { Name = "delete", Use = "delete <role name>", Summary = "Deletes a role", Run = DeleteAsync },
            new Command { Name = "get", Use = "get <role name>", Summary = "Gets detailed information of a role", Run = GetAsync },
            new Command
            {
                Name = "grant-permission",
                Use = "grant-permission [options] <role name> <permission type> <key> [endkey]",
                Summary = "Grants a key to a role",
                Flags = [FromKey, Prefix],
                Run = GrantAsync,
            },
            new Command { Name = "list", Use = "list", Summary = "Lists all roles", Run = ListAsync },
            new Command
            {
                Name = "revoke-permission",
                Use = "revoke-permission <role name> <key> [endkey]",
                Summary = "Revokes a key from a role",
                Flags = [FromKey, Prefix],
                Run = RevokeAsync,
            },
        ],
    };

    /// <summary>A role's permissions, those to read first.</summary>
    public static string Describe(string name, AuthRoleGetResponse role)
    {
        var text = new StringBuilder($"Role {name}\nKV Read:");
        foreach (var permission in role.Perm.Where(permission => permission.PermType is Permission.Types.Type.Read or Permission.Types.Type.Readwrite))
            text.Append("\n\t").Append(Range(permission));
        text.Append("\nKV Write:");
        foreach (var permission in role.Perm.Where(permission => permission.PermType is Permission.Types.Type.Write or Permission.Types.Type.Readwrite))
            text.Append("\n\t").Append(Range(permission));
        return text.ToString();
    }

    private static string Range(Permission permission)
    {
        var key = GoText.OfBytes(permission.Key);
        if (permission.RangeEnd.IsEmpty)
            return key;
        if (permission.RangeEnd.Equals(KeyRanges.FromKey))
            return $"[{key}, <open ended>";
        var end = GoText.OfBytes(permission.RangeEnd);
        return permission.RangeEnd.Equals(KeyRanges.PrefixEnd(permission.Key.Span)) ? $"[{key}, {end}) (prefix {key})" : $"[{key}, {end})";
    }

    private static async Task AddAsync(Invocation call)
    {
        Expect(call, 1, 1, "role add command requires role name as its argument");
        var answer = await call.Client.Auth.RoleAddAsync(new AuthRoleAddRequest { Name = Unicode(call, 0) }, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"Role {call.Arguments[0]} created");
    }

    private static async Task DeleteAsync(Invocation call)
    {
        Expect(call, 1, 1, "role delete command requires role name as its argument");
        var answer = await call.Client.Auth.RoleDeleteAsync(new AuthRoleDeleteRequest { Role = Unicode(call, 0) }, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"Role {call.Arguments[0]} deleted");
    }

    private static async Task GetAsync(Invocation call)
    {
        Expect(call, 1, 1, "role get command requires role name as its argument");
        var answer = await call.Client.Auth.RoleGetAsync(new AuthRoleGetRequest { Role = Unicode(call, 0) }, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, Describe(call.Arguments[0], answer));
    }

    private static async Task ListAsync(Invocation call)
    {
        Expect(call, 0, 0, "role list command requires no arguments");
        var answer = await call.Client.Auth.RoleListAsync(new AuthRoleListRequest(), call.Stopping).ConfigureAwait(false);
        if (answer.Roles.Count > 0 || call.Printer is not SimplePrinter)
            call.Printer.Confirm(answer, GoText.Of(string.Join('\n', answer.Roles)));
    }

    private static async Task GrantAsync(Invocation call)
    {
        Expect(call, 3, 4, "role grant command requires role name, permission type, and key [endkey] as its argument");
        var type = call.Arguments[1].ToUpperInvariant() switch
        {
            "READ" => Permission.Types.Type.Read,
            "WRITE" => Permission.Types.Type.Write,
            "READWRITE" => Permission.Types.Type.Readwrite,
            _ => throw new CtlException(ExitCode.BadArguments, $"invalid permission type: {call.Arguments[1]}"),
        };
        var keys = Keys(call, 2);
        var request = new AuthRoleGrantPermissionRequest
        {
            Name = Unicode(call, 0), Perm = new Permission { PermType = type, Key = keys.Key, RangeEnd = keys.RangeEnd },
        };
        var answer = await call.Client.Auth.RoleGrantPermissionAsync(request, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"Role {call.Arguments[0]} updated");
    }

    private static async Task RevokeAsync(Invocation call)
    {
        Expect(call, 2, 3, "role revoke-permission command requires role name and key [endkey] as its argument");
        var keys = Keys(call, 1);
        var request = new AuthRoleRevokePermissionRequest { Role = Unicode(call, 0), Key = keys.Key, RangeEnd = keys.RangeEnd };
        var answer = await call.Client.Auth.RoleRevokePermissionAsync(request, call.Stopping).ConfigureAwait(false);
        var key = GoText.OfBytes(keys.Key);
        call.Printer.Confirm(answer, keys.RangeEnd.IsEmpty
            ? $"Permission of key {key} is revoked from role {call.Arguments[0]}"
            : keys.RangeEnd.Equals(KeyRanges.FromKey)
                ? $"Permission of range [{key}, <open ended> is revoked from role {call.Arguments[0]}"
                : $"Permission of range [{key}, {GoText.OfBytes(keys.RangeEnd)}) is revoked from role {call.Arguments[0]}");
    }

    private static KeyArguments Keys(Invocation call, int first)
    {
        var ranged = call.Flags.Boolean("prefix") || call.Flags.Boolean("from-key");
        if (ranged && call.Arguments.Count > first + 1)
            throw new CtlException(ExitCode.BadArguments, "unexpected endkey argument with --from-key or --prefix flag");
        var end = call.Arguments.Count > first + 1 ? GoText.ToBytes(call.Arguments[first + 1]) : ByteString.Empty;
        return KeyArguments.Of(GoText.ToBytes(call.Arguments[first]), end, call.Flags.Boolean("prefix"), call.Flags.Boolean("from-key"));
    }

    private static string Unicode(Invocation call, int argument) => GoText.ToUnicode(call.Arguments[argument]);

    private static void Expect(Invocation call, int least, int most, string complaint)
    {
        if (call.Arguments.Count < least || call.Arguments.Count > most)
            throw new CtlException(ExitCode.BadArguments, complaint);
    }
}

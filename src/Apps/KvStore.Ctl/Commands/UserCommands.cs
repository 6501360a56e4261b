using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class UserCommands
{
    private static readonly Flag Interactive = Flag.Boolean("interactive", "Read password from stdin instead of interactive terminal", standard: true);

    public static Command Group { get; } = new()
    {
        Name = "user",
        Use = "user <subcommand>",
        Summary = "User related commands",
        Children =
        [
            new Command
            {
                Name = "add",
                Use = "add <user name or user:password> [options]",
                Summary = "Adds a new user",
                Flags =
                [
                    Interactive,
                    Flag.Text("new-user-password", "", "Supply password from the command line flag"),
                    Flag.Boolean("no-password", "Create a user without password (CN based auth only)"),
                ],
                Run = AddAsync,
            },
            new Command { Name = "delete", Use = "delete <user name>", Summary = "Deletes a user", Run = DeleteAsync },
            new Command
            {
                Name = "get",
                Use = "get <user name> [options]",
                Summary = "Gets detailed information of a user",
                Flags = [Flag.Boolean("detail", "Show permissions of roles granted to the user")],
                Run = GetAsync,
            },
            new Command { Name = "grant-role", Use = "grant-role <user name> <role name>", Summary = "Grants a role to a user", Run = GrantAsync },
            new Command { Name = "list", Use = "list", Summary = "Lists all users", Run = ListAsync },
            new Command { Name = "passwd", Use = "passwd <user name> [options]", Summary = "Changes password of user", Flags = [Interactive], Run = PasswordAsync },
            new Command { Name = "revoke-role", Use = "revoke-role <user name> <role name>", Summary = "Revokes a role from a user", Run = RevokeAsync },
        ],
    };

    private static async Task AddAsync(Invocation call)
    {
        Expect(call, 1, "user add command requires user name as its argument");
        var name = call.Arguments[0];
        var password = call.Flags.Text("new-user-password");
        var withoutPassword = call.Flags.Boolean("no-password");
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        if (!withoutPassword && password.Length == 0 && colon >= 0)
        {
            (name, password) = (name[..colon], name[(colon + 1)..]);
            if (name.Length == 0)
                throw new CtlException(ExitCode.BadArguments, "empty user name is not allowed");
        }
        else if (!withoutPassword && password.Length == 0)
        {
            password = AskPassword(call, name);
        }

        var request = new AuthUserAddRequest
        {
            Name = GoText.ToUnicode(name), Password = GoText.ToUnicode(password), Options = new Protocol.Auth.UserAddOptions { NoPassword = withoutPassword },
        };
        var answer = await call.Client.Auth.UserAddAsync(request, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"User {name} created");
    }

    private static async Task DeleteAsync(Invocation call)
    {
        Expect(call, 1, "user delete command requires user name as its argument");
        var answer = await call.Client.Auth.UserDeleteAsync(new AuthUserDeleteRequest { Name = Unicode(call, 0) }, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"User {call.Arguments[0]} deleted");
    }

    private static async Task GetAsync(Invocation call)
    {
        Expect(call, 1, "user get command requires user name as its argument");
        var answer = await call.Client.Auth.UserGetAsync(new AuthUserGetRequest { Name = Unicode(call, 0) }, call.Stopping).ConfigureAwait(false);
        if (!call.Flags.Boolean("detail"))
        {
            call.Printer.Confirm(answer, $"User: {call.Arguments[0]}\nRoles:{string.Concat(answer.Roles.Select(role => " " + GoText.Of(role)))}");
            return;
        }

        call.Output.Write($"User: {call.Arguments[0]}\n");
        foreach (var role in answer.Roles)
        {
            call.Output.Write("\n");
            var detail = await call.Client.Auth.RoleGetAsync(new AuthRoleGetRequest { Role = role }, call.Stopping).ConfigureAwait(false);
            call.Printer.Confirm(detail, RoleCommands.Describe(GoText.Of(role), detail));
        }
    }

    private static async Task ListAsync(Invocation call)
    {
        Expect(call, 0, "user list command requires no arguments");
        var answer = await call.Client.Auth.UserListAsync(new AuthUserListRequest(), call.Stopping).ConfigureAwait(false);
        if (answer.Users.Count > 0 || call.Printer is not SimplePrinter)
            call.Printer.Confirm(answer, GoText.Of(string.Join('\n', answer.Users)));
    }

    private static async Task PasswordAsync(Invocation call)
    {
        Expect(call, 1, "user passwd command requires user name as its argument");
        var request = new AuthUserChangePasswordRequest { Name = Unicode(call, 0), Password = GoText.ToUnicode(AskPassword(call, call.Arguments[0])) };
        call.Printer.Confirm(await call.Client.Auth.UserChangePasswordAsync(request, call.Stopping).ConfigureAwait(false), "Password updated");
    }

    private static async Task GrantAsync(Invocation call)
    {
        Expect(call, 2, "user grant command requires user name and role name as its argument");
        var request = new AuthUserGrantRoleRequest { User = Unicode(call, 0), Role = Unicode(call, 1) };
        var answer = await call.Client.Auth.UserGrantRoleAsync(request, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"Role {call.Arguments[1]} is granted to user {call.Arguments[0]}");
    }

    private static async Task RevokeAsync(Invocation call)
    {
        Expect(call, 2, "user revoke-role requires user name and role name as its argument");
        var request = new AuthUserRevokeRoleRequest { Name = Unicode(call, 0), Role = Unicode(call, 1) };
        var answer = await call.Client.Auth.UserRevokeRoleAsync(request, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"Role {call.Arguments[1]} is revoked from user {call.Arguments[0]}");
    }

    /// <summary>From the terminal twice, or with `--interactive=false` one word of standard input.</summary>
    private static string AskPassword(Invocation call, string user)
    {
        if (!call.Flags.Boolean("interactive"))
            return (call.Input.ReadLine() ?? "").Split(' ', '\t').FirstOrDefault(word => word.Length > 0, "");
        var password = GoText.Of(call.AskPassword($"Password of {user}: "));
        if (password.Length == 0)
            throw new CtlException(ExitCode.BadArguments, "empty password");
        return GoText.Of(call.AskPassword($"Type password of {user} again for confirmation: ")) == password
            ? password
            : throw new CtlException(ExitCode.BadArguments, "given passwords are different");
    }

    private static string Unicode(Invocation call, int argument) => GoText.ToUnicode(call.Arguments[argument]);

    private static void Expect(Invocation call, int count, string complaint)
    {
        if (call.Arguments.Count != count)
            throw new CtlException(ExitCode.BadArguments, complaint);
    }
}

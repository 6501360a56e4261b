using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class AuthCommands
{
    public static Command Group { get; } = new()
    {
        Name = "auth",
        Use = "auth <enable or disable>",
        Summary = "Enable or disable authentication",
        Children =
        [
            new Command { Name = "disable", Use = "disable", Summary = "Disables authentication", Run = DisableAsync },
            new Command { Name = "enable", Use = "enable", Summary = "Enables authentication", Run = EnableAsync },
            new Command { Name = "status", Use = "status", Summary = "Returns authentication status", Run = StatusAsync },
        ],
    };

    /// <summary>The root user needs the root role; where it is missing it is made and granted first.</summary>
    private static async Task EnableAsync(Invocation call)
    {
        RefuseArguments(call, "enable");
        while (true)
        {
            try
            {
                await call.Client.Auth.EnableAsync(new AuthEnableRequest(), call.Stopping).ConfigureAwait(false);
                break;
            }
            catch (GrpcException refused) when (refused.Message == "etcdserver: root user does not have root role")
            {
                await GiveRootItsRoleAsync(call).ConfigureAwait(false);
            }
        }

        call.Output.Write("Authentication Enabled\n");
    }

    private static async Task GiveRootItsRoleAsync(Invocation call)
    {
        try
        {
            await call.Client.Auth.RoleAddAsync(new AuthRoleAddRequest { Name = "root" }, call.Stopping).ConfigureAwait(false);
        }
        catch (GrpcException there) when (there.Message == "etcdserver: role name already exists")
        {
        }

        await call.Client.Auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, call.Stopping).ConfigureAwait(false);
    }

    private static async Task DisableAsync(Invocation call)
    {
        RefuseArguments(call, "disable");
        await call.Client.Auth.DisableAsync(new AuthDisableRequest(), call.Stopping).ConfigureAwait(false);
        call.Output.Write("Authentication Disabled\n");
    }

    private static async Task StatusAsync(Invocation call)
    {
        RefuseArguments(call, "status");
        var answer = await call.Client.Auth.StatusAsync(new AuthStatusRequest(), call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"Authentication Status: {Rows.Bool(answer.Enabled)}\nAuthRevision: {answer.AuthRevision}");
    }

    private static void RefuseArguments(Invocation call, string command)
    {
        if (call.Arguments.Count != 0)
            throw new CtlException(ExitCode.BadArguments, $"auth {command} command does not accept any arguments");
    }
}

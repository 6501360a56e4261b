using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class LeaseCommands
{
    public static Command Group { get; } = new()
    {
        Name = "lease",
        Use = "lease <subcommand>",
        Summary = "Lease related commands",
        Children =
        [
            new Command { Name = "grant", Use = "grant <ttl>", Summary = "Creates leases", Run = GrantAsync },
            new Command
            {
                Name = "keep-alive",
                Use = "keep-alive [options] <leaseID>",
                Summary = "Keeps leases alive (renew)",
                Flags = [Flag.Boolean("once", "Resets the keep-alive time to its original value and cobrautl.Exits immediately")],
                HasTimeout = false,
                Run = KeepAliveAsync,
            },
            new Command { Name = "list", Use = "list", Summary = "List all active leases", Run = ListAsync },
            new Command { Name = "revoke", Use = "revoke <leaseID>", Summary = "Revokes leases", Run = RevokeAsync },
            new Command
            {
                Name = "timetolive",
                Use = "timetolive <leaseID> [options]",
                Summary = "Get lease information",
                Flags = [Flag.Boolean("keys", "Get keys attached to this lease")],
                Run = TimeToLiveAsync,
            },
        ],
    };

    private static async Task GrantAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "lease grant command needs TTL argument");
        if (!GoNumbers.TryParseInt64(call.Arguments[0], 10, out var ttl, out var error))
            throw new CtlException(ExitCode.BadArguments, $"bad TTL ({error})");
        var answer = await Or("failed to grant lease", call.Client.Lease.GrantAsync(new LeaseGrantRequest { TTL = ttl }, call.Stopping)).ConfigureAwait(false);
        call.Printer.Grant(answer);
    }

    private static async Task RevokeAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "lease revoke command needs 1 argument");
        var id = Ids.Lease(call.Arguments[0]);
        var answer = await Or("failed to revoke lease", call.Client.Lease.RevokeAsync(new LeaseRevokeRequest { ID = id }, call.Stopping)).ConfigureAwait(false);
        call.Printer.Revoke(id, answer);
    }

    private static async Task TimeToLiveAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "lease timetolive command needs lease ID as argument");
        var request = new LeaseTimeToLiveRequest { ID = Ids.Lease(call.Arguments[0]), Keys = call.Flags.Boolean("keys") };
        var answer = await OrBadConnection(call.Client.Lease.TimeToLiveAsync(request, call.Stopping)).ConfigureAwait(false);
        call.Printer.TimeToLive(answer, request.Keys);
    }

    private static async Task ListAsync(Invocation call) =>
        call.Printer.Leases(await OrBadConnection(call.Client.Lease.ListAsync(call.Stopping)).ConfigureAwait(false));

    private static async Task KeepAliveAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "lease keep-alive command needs lease ID as argument");
        var id = Ids.Lease(call.Arguments[0]);
        if (call.Flags.Boolean("once"))
        {
            call.Printer.KeepAlive(await OrBadConnection(call.Client.Lease.KeepAliveOnceAsync(id, call.Stopping)).ConfigureAwait(false));
            return;
        }

        await foreach (var answer in call.Client.Lease.KeepAliveAsync(id, call.Stopping).ConfigureAwait(false))
        {
            call.Printer.KeepAlive(answer);
            await call.Output.FlushAsync(call.Stopping).ConfigureAwait(false);
        }

        if (call.Printer is SimplePrinter)
            call.Output.Write($"lease {id:x16} expired or revoked.\n");
    }

    private static async Task<T> Or<T>(string what, Task<T> work)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (GrpcException refused)
        {
            throw new CtlException(ExitCode.Error, $"{what} ({ErrorText.Of(refused)})");
        }
    }

    private static async Task<T> OrBadConnection<T>(Task<T> work)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (GrpcException refused)
        {
            throw new CtlException(ExitCode.BadConnection, ErrorText.Of(refused));
        }
    }
}

using KvStore.Ctl.Arguments;
using KvStore.Grpc;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

/// <summary>Campaigns with a proposal and stays leader until a signal, or observes who is leader.</summary>
internal static class ElectCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "elect",
        Use = "elect <election-name> [proposal]",
        Summary = "Observes and participates in leader election",
        Flags = [Flag.Boolean("listen", "observation mode", letter: 'l')],
        HasTimeout = false,
        Run = RunAsync,
    };

    private static Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count is not (1 or 2))
            throw new CtlException(ExitCode.BadArguments, "elect takes one election name argument and an optional proposal argument");
        var isListening = call.Flags.Boolean("listen");
        if (call.Arguments.Count == 1)
            return isListening ? ObserveAsync(call) : throw new CtlException(ExitCode.BadArguments, "no proposal argument but -l not set");
        return !isListening ? CampaignAsync(call) : throw new CtlException(ExitCode.BadArguments, "proposal given but -l is set");
    }

    private static async Task ObserveAsync(Invocation call)
    {
        try
        {
            var request = new LeaderRequest { Name = GoText.ToBytes(call.Arguments[0]) };
            await foreach (var leader in call.Client.Election.ObserveAsync(request, call.Stopping).ConfigureAwait(false))
            {
                call.Printer.Get(new RangeResponse { Header = leader.Header, Kvs = { leader.Kv } });
                await call.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or GrpcException && call.Stopping.IsCancellationRequested)
        {
            // A signal is the usual end of observing.
        }
    }

    private static async Task CampaignAsync(Invocation call)
    {
        var (name, value) = (GoText.ToBytes(call.Arguments[0]), GoText.ToBytes(call.Arguments[1]));
        var (session, elected) = await Waiting.InLineAsync(
            call,
            Waiting.SessionSeconds,
            lease => call.Client.Election.CampaignAsync(new CampaignRequest { Name = name, Value = value, Lease = lease }, call.Stopping)).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var shown = await call.Client.Kv.RangeAsync(new RangeRequest { Key = elected.Leader.Key }, CancellationToken.None).ConfigureAwait(false);
            call.Printer.Get(shown);
            await call.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            if (!await Waiting.UntilStoppedAsync(call, session).ConfigureAwait(false))
                throw new CtlException(ExitCode.Error, "elect: session expired");
            await call.Client.Election.ResignAsync(new ResignRequest { Leader = elected.Leader }, CancellationToken.None).ConfigureAwait(false);
        }
    }
}

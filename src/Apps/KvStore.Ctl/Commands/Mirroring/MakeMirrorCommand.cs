using System.Globalization;
using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Grpc;

namespace KvStore.Ctl.Commands.Mirroring;

/// <summary>Keeps another cluster alike until it is stopped.</summary>
internal static class MakeMirrorCommand
{
    /// <summary>As etcdctl: how often the number of keys mirrored is printed.</summary>
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(30);

    public static Command Definition { get; } = new()
    {
        Name = "make-mirror",
        Use = "make-mirror [options] <destination>",
        Summary = "Makes a mirror at the destination etcd cluster",
        Flags =
        [
            Flag.Text("dest-cacert", "", "Verify certificates of TLS enabled secure servers using this CA bundle"),
            Flag.Text("dest-cert", "", "Identify secure client using this TLS certificate file for the destination cluster"),
            Flag.Boolean("dest-insecure-transport", "Disable transport security for client connections", standard: true),
            Flag.Text("dest-key", "", "Identify secure client using this TLS key file"),
            Flag.Text("dest-password", "", "Destination password for authentication (if this option is used, --user option shouldn't include password)"),
            Flag.Text("dest-prefix", "", "destination prefix to mirror a prefix to a different prefix in the destination cluster"),
            Flag.Text("dest-user", "", "Destination username[:password] for authentication (prompt if password is not supplied)"),
            Flag.Integer("max-txn-ops", "128", "Maximum number of operations permitted in a transaction during syncing updates."),
            Flag.Boolean("no-dest-prefix", "mirror key-values to the root of the destination cluster"),
            Flag.Text("prefix", "", "Key-value prefix to mirror"),
            Flag.Integer("rev", "0", "Specify the kv revision to start to mirror"),
        ],
        HasTimeout = false,
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "make-mirror takes one destination argument");
        var plan = PlanOf(call.Flags);
        using var destination = new KvClient(DestinationOf(call));
        var mirror = new Mirror(call.Client, destination, plan);
        using var reporting = CancellationTokenSource.CreateLinkedTokenSource(call.Stopping);
        var report = ReportAsync(call, mirror, reporting.Token);
        try
        {
            await call.Progress.WhileAsync(mirror.RunAsync(call.Stopping), () => $"{mirror.Total:n0} mirrored, source at revision {mirror.Revision}").ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is OperationCanceledException or GrpcException && call.Stopping.IsCancellationRequested)
        {
            if (mirror.Revision > 0)
                call.Errors.Write($"mirrored up to revision {mirror.Revision}: go on with --rev {mirror.Revision + 1}\n");
            throw;
        }
        finally
        {
            await reporting.CancelAsync().ConfigureAwait(false);
            await report.ConfigureAwait(false);
        }
    }

    private static MirrorPlan PlanOf(ParsedFlags flags)
    {
        var (prefix, destination) = (flags.Text("prefix"), flags.Text("dest-prefix"));
        var isBare = flags.Boolean("no-dest-prefix");
        if (isBare && destination.Length > 0)
            throw new CtlException(ExitCode.BadArguments, "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one");
        if (flags.Integer("max-txn-ops") is < 1 or > int.MaxValue)
            throw new CtlException(ExitCode.BadArguments, $"--max-txn-ops must be from 1 to {int.MaxValue}, not {flags.Integer("max-txn-ops")}");
        // With --rev and neither of the two, etcdctl takes the prefix away; here the names stay as they are, with or without a copy.
        var renamed = isBare || destination.Length > 0 ? destination : prefix;
        return new MirrorPlan(GoText.ToBytes(prefix), GoText.ToBytes(renamed), flags.Integer("rev"), (int)flags.Integer("max-txn-ops"));
    }

    private static KvClientOptions DestinationOf(Invocation call)
    {
        var flags = call.Flags;
        var tls = new TlsWords(flags.Text("dest-cacert"), flags.Text("dest-cert"), flags.Text("dest-key"), flags.Boolean("dest-insecure-transport"));
        return GlobalFlags.ClientOptionsOf(
            call.ClientOptions, GoText.ToUnicode(call.Arguments[0]), tls, flags.Text("dest-user"), flags.Text("dest-password"), () => call.AskPassword("Destination Password: "));
    }

    private static async Task ReportAsync(Invocation call, Mirror mirror, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(ReportEvery, call.Outside.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended).ConfigureAwait(false))
            {
                await call.Output.WriteAsync(mirror.Total.ToString(CultureInfo.InvariantCulture) + "\n").ConfigureAwait(false);
                await call.Output.FlushAsync(ended).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // the mirror has ended
        }
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using KvStore.Client;
using KvStore.Ctl.Arguments;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Lock;

namespace KvStore.Ctl.Commands;

/// <summary>Holds a lock until a signal, or while a program runs; ends with that program's exit code.</summary>
internal static class LockCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "lock",
        Use = "lock <lockname> [exec-command arg1 arg2 ...]",
        Summary = "Acquires a named lock",
        Flags = [Flag.Integer("ttl", "10", "timeout for session")],
        HasTimeout = false,
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count == 0)
            throw new CtlException(ExitCode.BadArguments, "lock takes a lock name argument and an optional command to execute");
        var ttl = call.Flags.Integer("ttl");
        var name = GoText.ToBytes(call.Arguments[0]);
        var (session, held) = await Waiting.InLineAsync(
            call,
            ttl > 0 ? ttl : Waiting.SessionSeconds,
            lease => call.Client.Lock.LockAsync(new LockRequest { Name = name, Lease = lease }, call.Stopping)).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if (call.Arguments.Count > 1)
                await ExecuteAsync(call, held).ConfigureAwait(false);
            else
                await HoldAsync(call, session, held).ConfigureAwait(false);
        }
    }

    private static async Task HoldAsync(Invocation call, Session session, LockResponse held)
    {
        var shown = await call.Client.Kv.RangeAsync(new RangeRequest { Key = held.Key }, CancellationToken.None).ConfigureAwait(false);
        if (shown.Kvs.Count == 0)
            throw new CtlException(ExitCode.Error, "lock lost on init");
        call.Printer.Get(shown);
        await call.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        if (!await Waiting.UntilStoppedAsync(call, session).ConfigureAwait(false))
            throw new CtlException(ExitCode.Error, "session expired");
        await call.Client.Lock.UnlockAsync(new UnlockRequest { Key = held.Key }, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>The program gets the lock's key and revision (its fence), and of a signal to this process what the terminal sends it.</summary>
    private static async Task ExecuteAsync(Invocation call, LockResponse held)
    {
        var failure = await RunProgramAsync(call, held).ConfigureAwait(false);
        try
        {
            await call.Client.Lock.UnlockAsync(new UnlockRequest { Key = held.Key }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (GrpcException) when (failure is not null)
        {
            // What the program ended with is what the caller asked for; the lock goes with its lease.
        }

        if (failure is not null)
            throw failure;
    }

    private static async Task<CtlException?> RunProgramAsync(Invocation call, LockResponse held)
    {
        var start = ProgramStart.Of(
            call.Arguments[1..],
            ("ETCD_LOCK_KEY", GoText.ToUnicode(GoText.OfBytes(held.Key))),
            ("ETCD_LOCK_REV", held.Header.Revision.ToString(CultureInfo.InvariantCulture)));
        start.RedirectStandardInput = true;
        try
        {
            using var child = Process.Start(start)!;
            child.StandardInput.Close();
            await child.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            return child.ExitCode == 0 ? null : new CtlException((ExitCode)child.ExitCode, $"exit status {child.ExitCode}");
        }
        catch (Win32Exception refused)
        {
            return new CtlException(ExitCode.Error, ProgramStart.Refusal(call.Arguments[1], refused));
        }
    }
}

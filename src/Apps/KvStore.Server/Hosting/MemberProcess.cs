using System.Runtime.InteropServices;
using KvStore.Platform;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>The life of the process: start, serve until a signal or a fatal error, stop in order, exit code.</summary>
internal static class MemberProcess
{
    private const int ExitFailure = 1;

    public static async Task<int> RunAsync(ServerOptions options)
    {
        // Before anything large is allocated.
        BoundHeap(options.Memory);
        using var logger = LogSetup.Create(options);
        if (options.ConfigFilePath is { } path)
            logger.Info("loaded server configuration, other configuration command line flags and environment variables will be ignored if provided", ("path", path));
        foreach (var warning in options.Warnings)
            logger.Warn(warning);
        if (options.UnsafeNoSync)
            logger.Warn("--unsafe-no-fsync: a crash of the machine loses acknowledged writes");

        logger.Info("shared out the memory", ("heap-bytes-max", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), ("block-cache-bytes", options.Memory.BlockCacheBytes),
            ("write-buffer-bytes", options.Memory.WriteBufferBytes));

        var ending = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        PosixSignal? first = null;
        void End(PosixSignalContext context)
        {
            // The default action would end the process before the leadership is handed over.
            context.Cancel = true;
            if (ending.TrySetResult(0))
            {
                first = context.Signal;
                logger.Info("received signal; shutting down", ("signal", context.Signal == PosixSignal.SIGINT ? "interrupt" : "terminated"));
                stop.Cancel();
            }
            else if (context.Signal == first)
            {
                // Somebody insists. Another kind of signal is no second one: a terminal and a script may both tell us to stop.
                Environment.Exit(ExitFailure);
            }
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            var code = await ServeAsync(options, logger, ending, stop.Token).ConfigureAwait(false);
            logger.Info("stopped");
            return code;
        }
        catch (Exception exception) when (exception is StartException or StorageException)
        {
            Refuse(options, logger, exception.Message);
            return ExitFailure;
        }
    }

    /// <summary>
    /// A lane ended with an exception: the state of the process is not to be trusted, so nothing is handed over or flushed. The
    /// log and a supervisor's restart are all that remains.
    /// </summary>
    public static void Crash(ILogger logger, string lane, Exception exception)
    {
        // A disk that is full or broken is the operator's to mend: the path and the reason are all there is to know.
        if (exception is StorageException)
            logger.Fail(null, "the storage failed; the process stops", ("lane", lane), ("error", exception.Message));
        else
            logger.Fail(exception, "a lane ended; the process stops", ("lane", lane));
        if (logger is IDisposable owned)
            owned.Dispose();
        Environment.Exit(ExitFailure);
    }

    /// <summary>Beyond the bound the runtime collects harder, and at last refuses: a call that asks for more fails, a lane ends the process.</summary>
    private static void BoundHeap(MemoryBudget memory)
    {
        if (memory.HeapBytesMax is not { } bytes)
            return;
        AppContext.SetData("GCHeapHardLimit", (ulong)bytes);
        GC.RefreshMemoryLimit();
    }

    private static async Task<int> ServeAsync(ServerOptions options, ILogger logger, TaskCompletionSource<int> ending, CancellationToken stop)
    {
        Member? member = null;
        try
        {
            member = await Member.StartAsync(options, logger, ending, stop).ConfigureAwait(false);
            return await ending.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // told to stop while it looked for its cluster: nothing has begun yet
            return 0;
        }
        finally
        {
            if (member is not null)
                await member.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The reason is in the log, whatever its level, and once on the terminal.</summary>
    private static void Refuse(ServerOptions options, ILogger logger, string reason)
    {
        logger.FatalEvent("the member cannot start", ("error", reason));
        if (!LogSetup.WritesToStandardError(options))
            Console.Error.WriteLine(reason);
    }
}

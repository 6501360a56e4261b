using System.Collections;
using System.Runtime.InteropServices;
using System.Text;
using KvStore.Ctl.Arguments;
using KvStore.Ctl.Commands;
using KvStore.Ctl.Completing;
using KvStore.Grpc;

namespace KvStore.Ctl;

internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        // Latin1 on both sides: one char is one byte (GoText).
        await using var output = new StreamWriter(Console.OpenStandardOutput(), Encoding.Latin1);
        await using var errors = new StreamWriter(Console.OpenStandardError(), Encoding.Latin1);
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.Latin1);
        using var stopping = new CancellationTokenSource();
        var signal = default(PosixSignal?);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var words = arguments.Select(GoText.Of).ToList();
        var outside = new Outside
        {
            Input = input, Output = output, Errors = errors, HasTerminal = !Console.IsErrorRedirected, Variables = ReadVariables(), AskPassword = AskPassword,
        };
        var code = await RunAsync(words, outside, stopping.Token).ConfigureAwait(false);
        return code == ExitCode.Interrupted && signal is not null ? OfSignal(signal.Value) : (int)code;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            signal = context.Signal;
            stopping.Cancel();
        }
    }

    internal static async Task<ExitCode> RunAsync(List<string> words, Outside outside, CancellationToken stopping)
    {
        var (output, errors) = (outside.Output, outside.Errors);
        try
        {
            if (words is [Completer.Word or Completer.BareWord, ..])
            {
                foreach (var candidate in Completer.Of(CommandTree.Root, [.. words.Skip(1)]))
                    output.Write((words[0] == Completer.Word ? candidate : candidate.Split('\t')[0]) + "\n");
                return ExitCode.Success;
            }

            var line = CommandLine.Parse(CommandTree.Root, words);
            if (line.Flags.Boolean("help") || line.Command.Run is null)
            {
                Usage.Write(CommandTree.Root, line.Command, line.Path, output);
                return ExitCode.Success;
            }

            // etcdutl reads none.
            if (ProgramName.Current != ProgramName.OfflineTool)
                Variables.AddTo(line.Flags, outside.Variables);
            if (line.Command.NeedsCluster)
                await MeetClusterAsync(line, outside, stopping).ConfigureAwait(false);
            using var call = new Invocation { Line = line, Outside = outside, Stopping = stopping };
            await line.Command.Run(call).ConfigureAwait(false);
            return ExitCode.Success;
        }
        catch (CtlException ended)
        {
            Report(ended, output, errors);
            return ended.Code;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (GrpcException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (GrpcException refused)
        {
            if (ErrorText.CauseOf(refused) is { } cause)
                errors.Write($"{cause}\n");
            errors.Write($"Error: {ErrorText.Of(refused)}\n");
            // etcdctl logs in when it connects.
            return refused.IsOfLogIn ? ExitCode.BadConnection : ExitCode.Error;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            errors.Write($"Error: {GoText.Of(failed.Message)}\n");
            return ExitCode.Io;
        }
        catch (ArgumentException unusable)
        {
            // An endpoint or certificate path that cannot be one; said by the client's constructor.
            errors.Write($"Error: {GoText.Of(unusable.Message)}\n");
            return ExitCode.BadArguments;
        }
    }

    private static async Task MeetClusterAsync(CommandLine line, Outside outside, CancellationToken stopping)
    {
        Variables.WarnOfUnknown(outside.Variables, outside.Errors);
        if (line.Flags.Boolean("debug"))
            Variables.Show(line.Flags, outside.Errors);
        await DiscoveredEndpoints.AddToAsync(line.Flags, outside.Names, outside.Errors, stopping).ConfigureAwait(false);
    }

    private static Dictionary<string, string> ReadVariables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables.Add((string)variable.Key, (string?)variable.Value ?? "");
        return variables;
    }

    /// <summary>Wrong usage is reported twice, as in etcdctl: once by the parser, once by the program.</summary>
    private static void Report(CtlException ended, TextWriter output, TextWriter errors)
    {
        if (ended.UsageOf is { } command)
        {
            Usage.Write(CommandTree.Root, command, PathOf(CommandTree.Root, command) ?? CommandTree.Root.Name, output);
            errors.Write($"Error: {ended.Message}\n\n");
        }
        else if (ended.Hint is { } hint)
        {
            errors.Write($"Error: {ended.Message}\n{hint}\n");
        }

        if (ended.Message.Length > 0)
            errors.Write($"Error: {ended.Message}\n");
    }

    private static string? PathOf(Command from, Command wanted)
    {
        if (from == wanted)
            return from.Name;
        return from.Children.Select(child => PathOf(child, wanted)).FirstOrDefault(path => path is not null) is { } below
            ? $"{from.Name} {below}"
            : null;
    }

    /// <summary>As a shell shows the end of a program that a signal ended, which etcdctl is where it has nothing to put away.</summary>
    private static int OfSignal(PosixSignal signal) => signal == PosixSignal.SIGINT ? 130 : 143;

    private static string AskPassword(string prompt)
    {
        Console.Error.Write(prompt);
        if (Console.IsInputRedirected)
            return Console.ReadLine() ?? "";
        var password = new StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace && password.Length > 0)
                password.Length--;
            else if (!char.IsControl(key.KeyChar))
                password.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return password.ToString();
    }
}

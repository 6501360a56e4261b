using System.Diagnostics;
using System.Text;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>One run of a command-line tool, with its output byte by byte (one char each), as binary formats need it.</summary>
internal sealed record ToolProcess(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <param name="start">The tool and its arguments.</param>
    /// <param name="input">Its standard input, which ends there unless the tool is to be signalled.</param>
    /// <param name="lines">Signalled to end (SIGTERM) once it has printed so many lines; zero for a tool that ends by itself.</param>
    public static async Task<ToolProcess> RunAsync(ProcessStartInfo start, string input, int lines)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await WriteAsync(process, input, ends: lines == 0).ConfigureAwait(false);
            var seen = 0;
            var output = ReadAsync(process.StandardOutput.BaseStream, bytes => SignalAtLast(process, bytes, ref seen, lines));
            var errors = ReadAsync(process.StandardError.BaseStream, _ => { });
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return new ToolProcess(process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // A difference like others: the rest of a script is worth to be seen.
            return new ToolProcess(-1, "", $"did not end within {Limit}\n");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static async Task WriteAsync(Process process, string input, bool ends)
    {
        try
        {
            await process.StandardInput.WriteAsync(input).ConfigureAwait(false);
            await process.StandardInput.FlushAsync().ConfigureAwait(false);
            if (ends)
                process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A tool that refuses its arguments ends before it reads.
        }
    }

    private static void SignalAtLast(Process process, ReadOnlySpan<byte> bytes, ref int seen, int lines)
    {
        var before = seen;
        seen += bytes.Count((byte)'\n');
        if (before < lines && seen >= lines)
            ChildProcess.Signal(process.Id, ChildProcess.SignalTerminate);
    }

    private static async Task<string> ReadAsync(Stream stream, BytesRead onRead)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var read)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            onRead(buffer.AsSpan(0, read));
        }

        return text.ToString();
    }

    private delegate void BytesRead(ReadOnlySpan<byte> bytes);
}

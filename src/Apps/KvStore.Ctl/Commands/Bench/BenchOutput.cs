using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvStore.Ctl.Arguments;
using KvStore.Load.Measures;
using KvStore.Load.Watching;

namespace KvStore.Ctl.Commands.Bench;

/// <summary>What a run shows: progress on a terminal, then the result as text or JSON, and a page with charts where one is wanted.</summary>
internal sealed class BenchOutput
{
    private readonly Invocation _call;
    private readonly bool _isJson;

    private BenchOutput(Invocation call, bool isJson)
    {
        _call = call;
        _isJson = isJson;
    }

    /// <summary>Looked at before the run: a format that does not exist is not to be told after it.</summary>
    public static BenchOutput Of(Invocation call) => call.Flags.Text("write-out") switch
    {
        "simple" => new BenchOutput(call, isJson: false),
        "json" => new BenchOutput(call, isJson: true),
        var other => throw new CtlException(ExitCode.BadFeature, $"{other} not supported as output format"),
    };

    /// <summary>Waits for a run; on a terminal a line says how far it is.</summary>
    public async Task<TResult> WhileAsync<TResult>(Tally tally, Task<TResult> run)
    {
        var started = Stopwatch.GetTimestamp();
        return await _call.Progress
            .WhileAsync(run, () => $"{tally.Total:n0} done, {tally.Total / Stopwatch.GetElapsedTime(started).TotalSeconds:n0}/s").ConfigureAwait(false);
    }

    public void Show(LoadResult result)
    {
        _call.Output.Write(_isJson ? JsonSerializer.Serialize(result, BenchJson.Default.LoadResult) + "\n" : BenchText.Of(result));
        Page(result);
        Judge(result);
    }

    public void Show(WatchResult result)
    {
        _call.Output.Write(_isJson
            ? JsonSerializer.Serialize(result, BenchJson.Default.WatchResult) + "\n"
            : BenchText.Of(result.Events) + BenchText.Of(result.Puts) + (result.Missing > 0 ? $"{result.Missing:n0} events had not come at the end\n" : ""));
        Page(result.Events, result.Puts);
        Judge(result.Events, result.Puts);
    }

    private void Page(params LoadResult[] results)
    {
        if (_call.Flags.Text("report") is { Length: > 0 } file)
            File.WriteAllText(GoText.ToUnicode(file), BenchPage.Of(results));
    }

    /// <summary>A run in which nothing was answered has measured nothing.</summary>
    private static void Judge(params LoadResult[] results)
    {
        if (results.FirstOrDefault(result => result.Done == 0) is { } empty)
            throw new CtlException(ExitCode.Error, $"{empty.Workload}: nothing was done{string.Concat(empty.Failures.Take(1).Select(failure => $" ({failure.Key})"))}");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LoadResult))]
[JsonSerializable(typeof(WatchResult))]
internal sealed partial class BenchJson : JsonSerializerContext;

using System.Diagnostics;
using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class EndpointCommands
{
    public static Command Group { get; } = new()
    {
        Name = "endpoint",
        Use = "endpoint <subcommand>",
        Summary = "Endpoint related commands",
        Children =
        [
            new Command
            {
                Name = "hashkv",
                Use = "hashkv",
                Summary = "Prints the KV history hash for each endpoint in --endpoints",
                Flags = [MemberEndpoints.Cluster, Flag.Integer("rev", "0", "maximum revision to hash (default: latest revision)")],
                Run = HashAsync,
            },
            new Command
            {
                Name = "health",
                Use = "health",
                Summary = "Checks the healthiness of endpoints specified in `--endpoints` flag",
                Flags = [MemberEndpoints.Cluster],
                Run = HealthAsync,
            },
            new Command
            {
                Name = "status",
                Use = "status",
                Summary = "Prints out the status of endpoints specified in `--endpoints` flag",
                Flags = [MemberEndpoints.Cluster],
                Run = StatusAsync,
            },
        ],
    };

    private static async Task StatusAsync(Invocation call)
    {
        var found = new List<EndpointStatus>();
        var failure = await EachAsync(call, "status", async endpoint =>
        {
            using var client = call.ClientOf(GoText.ToUnicode(endpoint));
            found.Add(new EndpointStatus(endpoint, await client.Maintenance.StatusAsync(call.Stopping).ConfigureAwait(false)));
        }).ConfigureAwait(false);
        call.Printer.EndpointStatus(found);
        if (failure is not null)
            throw new CtlException(ExitCode.Error, "");
    }

    private static async Task HashAsync(Invocation call)
    {
        var request = new HashKVRequest { Revision = call.Flags.Integer("rev") };
        var found = new List<EndpointHash>();
        var failure = await EachAsync(call, "hash", async endpoint =>
        {
            using var client = call.ClientOf(GoText.ToUnicode(endpoint));
            found.Add(new EndpointHash(endpoint, await client.Maintenance.HashKvAsync(request, call.Stopping).ConfigureAwait(false)));
        }).ConfigureAwait(false);
        call.Printer.EndpointHash(found);
        if (failure is not null)
            throw new CtlException(ExitCode.Error, failure);
    }

    /// <returns>What the first endpoint that failed said, or null.</returns>
    private static async Task<string?> EachAsync(Invocation call, string what, Func<string, Task> ask)
    {
        string? failure = null;
        // Without endpoints there is nobody to ask, which is an error here and none for their health, as in etcdctl.
        _ = call.ClientOptions;
        foreach (var endpoint in await MemberEndpoints.OfAsync(call).ConfigureAwait(false))
        {
            try
            {
                await ask(endpoint).ConfigureAwait(false);
            }
            catch (Exception failed) when (failed is GrpcException or ArgumentException)
            {
                failure ??= WordsOf(failed);
                call.Errors.Write($"Failed to get the {what} of endpoint {endpoint} ({WordsOf(failed)})\n");
            }
        }

        return failure;
    }

    private static async Task HealthAsync(Invocation call)
    {
        var endpoints = await MemberEndpoints.OfAsync(call).ConfigureAwait(false);
        var found = await Task.WhenAll(endpoints.Select(endpoint => CheckAsync(call, endpoint))).ConfigureAwait(false);
        call.Printer.EndpointHealth(found, call.Errors);
        if (found.Any(endpoint => !endpoint.IsHealthy))
            throw new CtlException(ExitCode.Error, "unhealthy cluster");
    }

    private static async Task<EndpointHealth> CheckAsync(Invocation call, string endpoint)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var client = call.ClientOf(GoText.ToUnicode(endpoint));
            var error = await ReadAsync(client, call.Stopping).ConfigureAwait(false) ?? await AlarmsAsync(client, call.Stopping).ConfigureAwait(false);
            return new EndpointHealth(endpoint, error.Length == 0, Stopwatch.GetElapsedTime(started), error);
        }
        catch (ArgumentException unusable)
        {
            return new EndpointHealth(endpoint, IsHealthy: false, Stopwatch.GetElapsedTime(started), WordsOf(unusable));
        }
    }

    /// <summary>A linearizable read needs a leader and a quorum; being refused for lack of permission proves both too. Null: they are there.</summary>
    private static async Task<string?> ReadAsync(KvStore.Client.KvClient client, CancellationToken stopping)
    {
        try
        {
            await client.Kv.RangeAsync(new RangeRequest { Key = GoText.ToBytes("health") }, stopping).ConfigureAwait(false);
            return null;
        }
        catch (GrpcException refused) when (refused.Code == StatusCode.PermissionDenied)
        {
            return null;
        }
        catch (GrpcException failed)
        {
            return ErrorText.Of(failed);
        }
    }

    private static async Task<string> AlarmsAsync(KvStore.Client.KvClient client, CancellationToken stopping)
    {
        try
        {
            var answer = await client.Maintenance.AlarmsAsync(stopping).ConfigureAwait(false);
            return answer.Alarms.Count == 0
                ? ""
                : "Active Alarm(s): " + string.Concat(answer.Alarms.Select(alarm => SimplePrinter.AlarmName(alarm.Alarm) + " "));
        }
        catch (GrpcException)
        {
            return "Unable to fetch the alarm list";
        }
    }

    /// <summary>An endpoint that is no address was never called; the client's constructor says so.</summary>
    private static string WordsOf(Exception failed) => failed is GrpcException refused ? ErrorText.Of(refused) : GoText.Of(failed.Message);
}

using System.IO.Compression;
using System.Text;
using KvStore.Api;
using KvStore.Api.Gateway;
using KvStore.Api.Http;
using KvStore.Node;
using Microsoft.AspNetCore.Http;

namespace KvStore.Server.Hosting;

/// <summary>What is asked over plain HTTP: the JSON gateway, /health, /livez, /readyz, /version, /metrics and /debug/vars, as etcd answers them.</summary>
/// <param name="services">Who knows the answers.</param>
/// <param name="metrics">The page of /metrics.</param>
/// <param name="status">Of the node.</param>
/// <param name="gateway">Null with --enable-grpc-gateway=false.</param>
internal sealed class HttpEndpoints(EtcdServices services, Func<string> metrics, Func<NodeStatus> status, JsonGateway? gateway)
{
    private const string PlainText = "text/plain; charset=utf-8";

    /// <summary>The paths of the checks, alone and together.</summary>
    private static readonly HashSet<string> Checks =
    [
        "/livez", "/readyz",
        .. HealthEndpoint.LivenessChecks.Select(name => "/livez/" + name),
        .. HealthEndpoint.ReadinessChecks.Select(name => "/readyz/" + name),
    ];

    /// <summary>On the client ports.</summary>
    public Task AnswerAsync(HttpContext http)
    {
        if (CleanPaths.TryRedirect(http))
            return CleanPaths.ExplainAsync(http);
        var path = http.Request.Path.Value ?? "";
        if (path.StartsWith(GatewayRoutes.BetaPrefix, StringComparison.Ordinal))
            path = GatewayRoutes.Prefix + path[GatewayRoutes.BetaPrefix.Length..];
        if (gateway is not null && path.StartsWith(GatewayRoutes.Prefix, StringComparison.Ordinal))
            return gateway.AnswerAsync(http, path);
        return AnswerPlainAsync(http, path, isKnown: path is "/version" or "/debug/vars" || IsKnownToMetrics(path));
    }

    /// <summary>On --listen-metrics-urls: health and metrics, nothing about keys.</summary>
    public Task AnswerMetricsAsync(HttpContext http)
    {
        if (CleanPaths.TryRedirect(http))
            return CleanPaths.ExplainAsync(http);
        var path = http.Request.Path.Value ?? "";
        return AnswerPlainAsync(http, path, IsKnownToMetrics(path));
    }

    private async Task AnswerPlainAsync(HttpContext http, string path, bool isKnown)
    {
        if (!isKnown)
        {
            await WriteAsync(http, new HttpAnswer(404, PlainText, "404 page not found\n")).ConfigureAwait(false);
            return;
        }

        // Of all these only /metrics takes any method.
        if (!HttpMethods.IsGet(http.Request.Method) && path != "/metrics")
        {
            http.Response.Headers.Allow = "GET";
            await WriteAsync(http, new HttpAnswer(405, PlainText, "Method Not Allowed\n")).ConfigureAwait(false);
            return;
        }

        await WriteAsync(http, await AnswerAsync(http.Request, path).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private ValueTask<HttpAnswer> AnswerAsync(HttpRequest request, string path)
    {
        var excluded = request.Query["exclude"].Select(value => value ?? "").ToArray();
        switch (path)
        {
            case "/health":
                return services.HealthEndpoint.AnswerAsync(excluded, request.Query["serializable"] == "true");
            case "/version":
                return ValueTask.FromResult(services.VersionEndpoint.Answer());
            case "/metrics":
                return ValueTask.FromResult(new HttpAnswer(200, "text/plain; version=0.0.4; charset=utf-8", metrics()));
            case "/debug/vars":
                return ValueTask.FromResult(new HttpAnswer(200, "application/json; charset=utf-8", DebugVariables.Describe(status())));
            default:
                var slash = path.IndexOf('/', 1);
                var only = slash < 0 ? null : path[(slash + 1)..];
                return services.HealthEndpoint.AnswerChecksAsync(path.StartsWith("/readyz", StringComparison.Ordinal), only, excluded, request.Query.ContainsKey("verbose"));
        }
    }

    private static bool IsMetrics(string? path) => path == "/metrics";

    /// <summary>As Prometheus' library judges it: gzip is named, whatever its weight.</summary>
    private static bool TakesGzip(HttpRequest request) =>
        request.Headers.AcceptEncoding.SelectMany(static value => (value ?? "").Split(',', StringSplitOptions.TrimEntries))
            .Any(static encoding => encoding == "gzip" || encoding.StartsWith("gzip;", StringComparison.Ordinal));

    private static byte[] Compressed(byte[] body)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
            gzip.Write(body);
        return output.ToArray();
    }

    private static bool IsKnownToMetrics(string path) => path is "/health" or "/metrics" || Checks.Contains(path);

    private static async Task WriteAsync(HttpContext http, HttpAnswer answer)
    {
        http.Response.StatusCode = answer.StatusCode;
        http.Response.ContentType = answer.ContentType;
        // Where etcd says so: on what is no answer, and on the checks.
        if (answer.StatusCode != StatusCodes.Status200OK || Checks.Contains(http.Request.Path.Value ?? ""))
            http.Response.Headers.XContentTypeOptions = "nosniff";
        var body = Encoding.UTF8.GetBytes(answer.Body);
        if (IsMetrics(http.Request.Path.Value) && TakesGzip(http.Request))
        {
            http.Response.Headers.ContentEncoding = "gzip";
            body = Compressed(body);
        }

        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
    }
}

using System.Text;
using KvStore.Api;
using KvStore.Api.Gateway;
using KvStore.Api.Http;
using KvStore.Server.Metrics;
using Microsoft.AspNetCore.Http;

namespace KvStore.Server.Hosting;

/// <summary>What is asked over plain HTTP: the JSON gateway, /health, /livez, /readyz, /version and /metrics, as etcd answers them.</summary>
/// <param name="services">Who knows the answers.</param>
/// <param name="metrics">What the process counts.</param>
/// <param name="gateway">Null with --enable-grpc-gateway=false.</param>
internal sealed class HttpEndpoints(EtcdServices services, MetricsExposition metrics, JsonGateway? gateway)
{
    private const string MetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>On the client ports.</summary>
    public Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (path.StartsWith(GatewayRoutes.BetaPrefix, StringComparison.Ordinal))
            path = GatewayRoutes.Prefix + path[GatewayRoutes.BetaPrefix.Length..];
        if (gateway is not null && path.StartsWith(GatewayRoutes.Prefix, StringComparison.Ordinal))
            return gateway.AnswerAsync(http, path);
        return AnswerPlainAsync(http, path, isKnown: path == "/version" || IsKnownToMetrics(path));
    }

    /// <summary>On --listen-metrics-urls: health and metrics, nothing about keys.</summary>
    public Task AnswerMetricsAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        return AnswerPlainAsync(http, path, IsKnownToMetrics(path));
    }

    private async Task AnswerPlainAsync(HttpContext http, string path, bool isKnown)
    {
        if (!isKnown)
        {
            await WriteAsync(http, new HttpAnswer(404, "text/plain; charset=utf-8", "404 page not found\n")).ConfigureAwait(false);
            return;
        }

        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            http.Response.Headers.Allow = "GET";
            await WriteAsync(http, new HttpAnswer(405, "text/plain; charset=utf-8", "Method Not Allowed\n")).ConfigureAwait(false);
            return;
        }

        await WriteAsync(http, await AnswerAsync(http.Request, path).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private ValueTask<HttpAnswer> AnswerAsync(HttpRequest request, string path)
    {
        var excluded = request.Query["exclude"].Select(value => value ?? "").ToArray();
        if (path == "/health")
            return services.HealthEndpoint.AnswerAsync(excluded, request.Query["serializable"] == "true");
        if (path == "/version")
            return ValueTask.FromResult(services.VersionEndpoint.Answer());
        if (path == "/metrics")
        {
            var text = new StringBuilder();
            services.Metrics.AppendTo(text);
            metrics.AppendTo(text);
            return ValueTask.FromResult(new HttpAnswer(200, MetricsContentType, text.ToString()));
        }

        var isReadiness = path.StartsWith("/readyz", StringComparison.Ordinal);
        var only = path.Length > "/readyz".Length && !isReadiness ? path["/livez/".Length..]
            : path.Length > "/readyz".Length ? path["/readyz/".Length..] : null;
        return services.HealthEndpoint.AnswerChecksAsync(isReadiness, only, excluded, request.Query.ContainsKey("verbose"));
    }

    private static bool IsKnownToMetrics(string path) =>
        path is "/health" or "/metrics" or "/livez" or "/readyz"
        || path.StartsWith("/livez/", StringComparison.Ordinal) || path.StartsWith("/readyz/", StringComparison.Ordinal);

    private static async Task WriteAsync(HttpContext http, HttpAnswer answer)
    {
        http.Response.StatusCode = answer.StatusCode;
        http.Response.ContentType = answer.ContentType;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        var body = Encoding.UTF8.GetBytes(answer.Body);
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
    }
}

using System.Text;
using KvStore.Api;
using KvStore.Api.Http;
using KvStore.Server.Metrics;
using Microsoft.AspNetCore.Http;

namespace KvStore.Server.Hosting;

/// <summary>The plain HTTP paths beside gRPC: /health, /livez, /readyz, /version and /metrics, as etcd answers them.</summary>
internal sealed class HttpEndpoints(EtcdServices services, MetricsExposition metrics)
{
    private const string MetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

    public async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (!IsKnown(path))
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

    private static bool IsKnown(string path) =>
        path is "/health" or "/version" or "/metrics" or "/livez" or "/readyz"
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

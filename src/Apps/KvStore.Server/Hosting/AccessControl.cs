using System.Text;
using KvStore.Grpc;
using KvStore.Api.Gateway;
using KvStore.Grpc.Server;
using Microsoft.AspNetCore.Http;

namespace KvStore.Server.Hosting;

/// <summary>
/// What stands before everything plain HTTP on the client ports, never before gRPC: the name the request was sent to (DNS rebinding,
/// CVE-2018-5702) and the origin of the page that sent it. Both are etcd's rules, with its defaults.
/// </summary>
/// <param name="hosts">--host-whitelist; "*" or nothing: any.</param>
/// <param name="origins">--cors; "*" or nothing: any.</param>
/// <param name="certificatesName">Whether gRPC callers are known by their certificates now: they are demanded, and authentication is on.</param>
internal sealed class AccessControl(IReadOnlyCollection<string> hosts, IReadOnlyCollection<string> origins, Func<bool> certificatesName)
{
    private const string Any = "*";

    // etcd's text: clients look for it.
    private const string IgnoredName = "CommonName of client sending a request against gateway will be ignored and not used as expected\n";

    /// <summary>Answers what is refused or is only a browser's question, and lets <paramref name="next"/> answer the rest.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        // Who got past TLS has shown that the name is ours.
        if (!GrpcKestrel.IsEncrypted(http) && !IsAllowed(hosts, http.Request.Host.Host))
            return RefuseHostAsync(http);
        if (IsMistakenForItsName(http))
            return WriteAsync(http, StatusCodes.Status400BadRequest, IgnoredName);
        var origin = IsAllowed(origins, Any) ? Any : http.Request.Headers.Origin.ToString();
        if (IsAllowed(origins, origin))
        {
            http.Response.Headers.AccessControlAllowMethods = "POST, GET, OPTIONS, PUT, DELETE";
            http.Response.Headers.AccessControlAllowOrigin = origin;
            http.Response.Headers.AccessControlAllowHeaders = "accept, content-type, authorization";
        }

        return HttpMethods.IsOptions(http.Request.Method) ? Task.CompletedTask : next(http);
    }

    private static bool IsAllowed(IReadOnlyCollection<string> list, string name) => list.Count == 0 || list.Contains(Any) || list.Contains(name);

    /// <summary>A caller whose certificate has a name would expect to be it, and the JSON gateway knows nobody by a certificate.</summary>
    private bool IsMistakenForItsName(HttpContext http) =>
        GrpcKestrel.IsEncrypted(http) && IsJson(http.Request.Path.Value ?? "") && certificatesName()
        && http.Connection.ClientCertificate is { } certificate && !string.IsNullOrEmpty(CertificateNames.CommonName(certificate));

    private static bool IsJson(string path) =>
        path.StartsWith(GatewayRoutes.Prefix, StringComparison.Ordinal) || path.StartsWith(GatewayRoutes.BetaPrefix, StringComparison.Ordinal);

    private static Task RefuseHostAsync(HttpContext http)
    {
        var text = $"The host name \"{http.Request.Host.Host}\" is not one this server knows for itself.\n"
            + "Over TLS any name is accepted; otherwise the name must be listed in --host-whitelist.\n"
            + "This keeps web pages from reaching the server by DNS rebinding (CVE-2018-5702).\n";
        return WriteAsync(http, StatusCodes.Status421MisdirectedRequest, text);
    }

    private static Task WriteAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();
    }
}

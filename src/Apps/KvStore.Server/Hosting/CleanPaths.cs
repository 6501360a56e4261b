using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Server.Hosting;

/// <summary>
/// Paths as Go's router takes them: one with empty or dotted parts is not answered but sent on to what it means. The web server
/// has cleaned the path already, without a word; what the client wrote is in the request line.
/// </summary>
internal static class CleanPaths
{
    /// <summary>True when the client was sent on.</summary>
    public static bool TryRedirect(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (!target.StartsWith('/'))
            return false;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var written = Uri.UnescapeDataString(query < 0 ? target : target[..query]);
        var clean = Clean(written);
        if (clean == written)
            return false;
        var location = new PathString(clean).ToUriComponent() + (query < 0 ? "" : target[query..]);
        http.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        http.Response.Headers.Location = location;
        if (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
            http.Response.ContentType = "text/html; charset=utf-8";
        return true;
    }

    /// <summary>What Go writes for people whose program does not follow.</summary>
    public static Task ExplainAsync(HttpContext http) => HttpMethods.IsGet(http.Request.Method)
        ? http.Response.WriteAsync($"<a href=\"{HtmlEncoder.Default.Encode(http.Response.Headers.Location.ToString())}\">Moved Permanently</a>.\n\n", http.RequestAborted)
        : Task.CompletedTask;

    /// <summary>Without empty parts and dots, and without what ".." takes back; a slash at the end stays.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("" or "." or ".."))
                parts.Add(part);
        }

        var clean = "/" + string.Join('/', parts);
        return path.EndsWith('/') && clean != "/" ? clean + "/" : clean;
    }
}

using System.Globalization;
using System.Text;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Http;

/// <summary>One request to a gateway; <see cref="Lines"/> of a stream are read, null: the whole answer.</summary>
internal sealed record GatewayRequest(string Text, string Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, int? Lines)
{
    private static readonly string[] Methods = ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

    public static IReadOnlyList<GatewayRequest> ReadAll() =>
    [
        .. File.ReadLines(System.IO.Path.Combine(Checkout.Root, "tests/KvStore.Interop.Tests/Http/testdata/gateway.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(Parse),
    ];

    private static GatewayRequest Parse(string text)
    {
        var rest = text;
        int? lines = null;
        if (char.IsAsciiDigit(rest[0]))
        {
            lines = int.Parse(rest.AsSpan(0, rest.IndexOf('>', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            rest = rest[(rest.IndexOf('>', StringComparison.Ordinal) + 1)..];
        }

        (string, string)[] headers = [];
        if (rest[0] == '[')
        {
            var end = rest.IndexOf(']', StringComparison.Ordinal);
            headers = [.. rest[1..end].Split("; ").Select(header => header.Split(": ")).Select(parts => (parts[0], parts[1]))];
            rest = rest[(end + 2)..];
        }

        var method = Methods.FirstOrDefault(method => rest.StartsWith(method + " ", StringComparison.Ordinal));
        rest = method is null ? rest : rest[(method.Length + 1)..];
        var blank = rest.IndexOf(' ', StringComparison.Ordinal);
        var (path, body) = blank < 0 ? (rest, "") : (rest[..blank], rest[(blank + 1)..]);
        return new GatewayRequest(text, method ?? "POST", path, headers, Encoding.UTF8.GetBytes(body), lines);
    }
}

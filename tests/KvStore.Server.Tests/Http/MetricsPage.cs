using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Http;

/// <summary>One reading of /metrics.</summary>
internal sealed class MetricsPage
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);

    private MetricsPage(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                Families.Add(line.Split(' ')[2], line.Split(' ')[3]);
            else if (line[0] != '#')
                _samples.Add(line[..line.LastIndexOf(' ')], double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Names and kinds.</summary>
    public Dictionary<string, string> Families { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Samples => _samples.Keys;

    /// <summary>A sample by its whole name, labels included; zero when it is not there.</summary>
    public double this[string sample] => _samples.GetValueOrDefault(sample);

    public static async Task<MetricsPage> ReadAsync(HttpClient http, ServerProcess member) =>
        new(await http.GetStringAsync(new Uri($"http://{member.Endpoint}/metrics")));
}

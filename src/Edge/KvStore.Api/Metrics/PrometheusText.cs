using System.Globalization;
using System.Text;

namespace KvStore.Api.Metrics;

/// <summary>Writes Prometheus' text format, family by family, each of them in <see cref="MetricTable"/>. One use, one thread.</summary>
public sealed class PrometheusText
{
    private readonly StringBuilder _text = new();

    /// <summary>Begins a family; its samples follow.</summary>
    public PrometheusText Family(string name)
    {
        var metric = MetricTable.Find(name);
        _text.Append("# HELP ").Append(name).Append(' ').Append(metric.Help).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(metric.Kind.ToString().ToLowerInvariant()).Append('\n');
        return this;
    }

    /// <param name="name">Of the sample: the family's, or with a suffix of its kind.</param>
    /// <param name="labels">As they stand between the braces, values escaped by <see cref="Label"/>; empty without any.</param>
    /// <param name="value">The value now.</param>
    public PrometheusText Sample(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
            _text.Append('{').Append(labels).Append('}');
        _text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        return this;
    }

    /// <summary>A family of one sample.</summary>
    public PrometheusText Only(string name, double value, string labels = "") => Family(name).Sample(name, labels, value);

    public static string Label(string name, string value) =>
        $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    public override string ToString() => _text.ToString();
}

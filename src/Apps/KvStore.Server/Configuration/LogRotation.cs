using System.Text.Json;

namespace KvStore.Server.Configuration;

/// <summary>When a log file gives way to the next, and how long the old ones stay. etcd's --log-rotation-config-json.</summary>
internal sealed record LogRotation
{
    private const int MegabytesDefault = 100;
    private const int MegabytesMax = 1 << 20;

    /// <summary>A file does not grow beyond it.</summary>
    public long FileBytesMax { get; init; } = MegabytesDefault * 1024L * 1024;

    /// <summary>Older files go after so many days; 0: never for their age.</summary>
    public int AgeDaysMax { get; init; }

    /// <summary>So many older files stay; 0: all.</summary>
    public int BackupsMax { get; init; }

    /// <summary>Whether names of older files have the time of this place, or UTC.</summary>
    public bool UsesLocalTime { get; init; }

    /// <summary>Whether older files are compressed (gzip).</summary>
    public bool Compresses { get; init; }

    /// <summary>Null when --enable-log-rotation is off.</summary>
    public static LogRotation? Read(Settings settings, IReadOnlyList<string> outputs)
    {
        if (!settings.Bool("enable-log-rotation"))
            return null;
        if (outputs.Count != 1 || !LogOutput.IsFile(outputs[0]))
            throw new ConfigurationException("--log-outputs requires a single file path when --log-rotate-config-json is defined");
        try
        {
            using var json = JsonDocument.Parse(settings.Text("log-rotation-config-json"));
            return Read(json.RootElement);
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException($"improperly formatted log rotation config: {exception.Message}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw new ConfigurationException($"invalid log rotation config: {exception.Message}");
        }
    }

    private static LogRotation Read(JsonElement json)
    {
        var rotation = new LogRotation();
        foreach (var property in json.EnumerateObject())
        {
            var value = property.Value;
            rotation = property.Name.ToLowerInvariant() switch
            {
                "maxsize" => rotation with { FileBytesMax = Megabytes(value.GetInt32()) * 1024 * 1024 },
                "maxage" => rotation with { AgeDaysMax = NotNegative(value.GetInt32()) },
                "maxbackups" => rotation with { BackupsMax = NotNegative(value.GetInt32()) },
                "localtime" => rotation with { UsesLocalTime = value.GetBoolean() },
                "compress" => rotation with { Compresses = value.GetBoolean() },
                _ => rotation,
            };
        }

        return rotation;
    }

    private static long Megabytes(int value) => NotNegative(value) is 0 ? MegabytesDefault : Math.Min(value, MegabytesMax);

    private static int NotNegative(int value) => value >= 0 ? value : throw new FormatException($"{value} is negative");
}

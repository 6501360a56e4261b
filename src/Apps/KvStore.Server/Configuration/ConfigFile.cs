using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace KvStore.Server.Configuration;

/// <summary>
/// Reads etcd's configuration file: YAML, and so JSON. Durations are whole nanoseconds and most lists are text with commas, as in
/// etcd, so that one file serves both. Made into the words of flags, which are then judged like flags.
/// </summary>
internal static class ConfigFile
{
    /// <summary>A configuration is a page; what is larger is another file.</summary>
    private const long BytesMax = 1 << 20;

    public static ConfigFileContent Read(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var unknown = new List<string>();
        switch (Load(path))
        {
            case YamlMappingNode root:
                ReadBlock(root, "", values, unknown);
                break;
            case null or YamlScalarNode { Value: null or "" or "null" or "~" }:
                break;
            default:
                throw new ConfigurationException($"--config-file: {path} is not a list of keys and values");
        }

        return new ConfigFileContent(values, unknown);
    }

    private static YamlNode? Load(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > BytesMax })
                throw new ConfigurationException($"--config-file: {path} is larger than {BytesMax} bytes");
            using var reader = new StreamReader(path);
            var stream = new YamlStream();
            stream.Load(reader);
            return stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException($"open {path}: no such file or directory");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"open {path}: {unreadable.Message}");
        }
        catch (YamlException exception)
        {
            throw new ConfigurationException($"--config-file: {path}: line {exception.Start.Line}: {exception.Message}");
        }
    }

    private static void ReadBlock(YamlMappingNode block, string prefix, Dictionary<string, string> values, List<string> unknown)
    {
        foreach (var (keyNode, value) in block.Children)
        {
            var key = prefix + (keyNode as YamlScalarNode)?.Value;
            if (ConfigFileKeys.IsBlock(key))
            {
                if (value is YamlMappingNode inner)
                    ReadBlock(inner, key + ".", values, unknown);
                else if (!IsNull(value))
                    throw Unexpected(key, "keys and values");
            }
            else if (ConfigFileKeys.FlagOf(key) is { } name)
            {
                // An empty value is no value: etcd's own sample file has them.
                if (!IsNull(value) && TextOf(key, FlagTable.Find(name)!, value) is { Length: > 0 } text)
                    values[name] = text;
            }
            else
            {
                unknown.Add(key);
            }
        }
    }

    private static string TextOf(string key, Flag flag, YamlNode node)
    {
        if (ConfigFileKeys.IsSequence(flag.Name))
        {
            return node is YamlSequenceNode sequence
                ? string.Join(',', sequence.Children.Select(item => (item as YamlScalarNode ?? throw Unexpected(key, "a list of texts")).Value))
                : throw Unexpected(key, "a list");
        }

        if (node is not YamlScalarNode { Value: { } text } scalar)
            throw Unexpected(key, "one value");
        var isPlain = scalar.Style == ScalarStyle.Plain;
        return flag.Kind switch
        {
            FlagKind.Bool => isPlain && AsBool(text) is { } value ? (value ? "true" : "false") : throw Unexpected(key, "true or false"),
            FlagKind.Int => isPlain && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? text : throw Unexpected(key, "a whole number"),
            FlagKind.Uint => isPlain && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text : throw Unexpected(key, "a whole number that is not negative"),
            FlagKind.Duration => isPlain && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? text + "ns" : throw Unexpected(key, "a duration in whole nanoseconds"),
            _ => text,
        };
    }

    /// <summary>YAML 1.1, as etcd's reader has it.</summary>
    private static bool? AsBool(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => null,
    };

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static ConfigurationException Unexpected(string key, string wanted) => new($"--config-file: {key}: expected {wanted}");
}

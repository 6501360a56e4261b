using System.Text;
using System.Text.Json;
using KvStore.Node;
using KvStore.Server.Metrics;

namespace KvStore.Server.Hosting;

/// <summary>GET /debug/vars: the names under which Go's servers and etcd show themselves, with what there is of them here.</summary>
internal static class DebugVariables
{
    private const string Stars = "***";

    /// <summary>The flags whose value is a password, or has one in it.</summary>
    private static readonly string[] SecretFlags = ["discovery-password", "discovery-user"];

    public static string Describe(NodeStatus status)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("cmdline");
            foreach (var word in WithoutSecrets(Environment.GetCommandLineArgs()))
                json.WriteStringValue(word);
            json.WriteEndArray();
            json.WriteNumber("file_descriptor_limit", ProcessFacts.DescriptorLimit);
            WriteMemory(json);
            WriteRaft(json, status);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary>The same words with stars for what a flag of <see cref="SecretFlags"/> is given, behind '=' or as the next word (TOB-012).</summary>
    internal static IEnumerable<string> WithoutSecrets(IEnumerable<string> words)
    {
        var isSecret = false;
        foreach (var word in words)
        {
            if (isSecret)
            {
                isSecret = false;
                yield return Stars;
                continue;
            }

            var name = word.TrimStart('-').Split('=', 2)[0];
            var isSecretFlag = word.StartsWith('-') && SecretFlags.Contains(name);
            isSecret = isSecretFlag && !word.Contains('=', StringComparison.Ordinal);
            yield return isSecretFlag && !isSecret ? word[..(word.IndexOf('=', StringComparison.Ordinal) + 1)] + Stars : word;
        }
    }

    private static void WriteMemory(Utf8JsonWriter json)
    {
        var memory = GC.GetGCMemoryInfo();
        json.WriteStartObject("memstats");
        json.WriteNumber("Alloc", GC.GetTotalMemory(forceFullCollection: false));
        json.WriteNumber("TotalAlloc", GC.GetTotalAllocatedBytes());
        json.WriteNumber("Sys", Environment.WorkingSet);
        json.WriteNumber("HeapAlloc", memory.HeapSizeBytes);
        json.WriteNumber("NumGC", GC.CollectionCount(0));
        json.WriteNumber("PauseTotalNs", GC.GetTotalPauseDuration().TotalNanoseconds);
        json.WriteEndObject();
    }

    private static void WriteRaft(Utf8JsonWriter json, NodeStatus status)
    {
        json.WriteStartObject("raft.status");
        json.WriteString("id", status.Self.ToString());
        json.WriteNumber("term", status.Term.Value);
        json.WriteNumber("commit", status.CommitIndex.Value);
        json.WriteString("lead", status.Leader.ToString());
        json.WriteString("raftState", $"State{(status.IsLearner ? NodeRole.Follower : status.Role)}");
        json.WriteNumber("applied", status.AppliedIndex.Value);
        json.WriteStartObject("progress");
        foreach (var peer in status.Peers)
        {
            json.WriteStartObject(peer.Member.ToString());
            json.WriteNumber("match", peer.Match.Value);
            json.WriteNumber("next", peer.Next.Value);
            json.WriteString("state", $"State{peer.State}");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}

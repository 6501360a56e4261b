using Google.Protobuf.Reflection;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Health;
using KvStore.Protocol.Lock;
using KvStore.Protocol.Memberships;
using KvStore.Protocol.Mvcc;

namespace KvStore.Architecture.Tests;

/// <summary>The public wire contract: one stable listing of every service, message, field and number, compared with the accepted one.</summary>
public sealed class ProtocolTests
{
    [Fact]
    public void PublicMessages_MatchTheAcceptedListing()
    {
        var listing = string.Join('\n', Files().SelectMany(Describe)) + "\n";
        var path = Path.Combine(Checkout.Root, "tests/KvStore.Architecture.Tests/wire-contract.txt");
        if (Environment.GetEnvironmentVariable("KVSTORE_REWRITE") == "1")
            File.WriteAllText(path, listing);
        Assert.Equal(File.ReadAllText(path), listing);
    }

    private static FileDescriptor[] Files() =>
    [
        RpcReflection.Descriptor, KvReflection.Descriptor, AuthReflection.Descriptor, ElectionReflection.Descriptor,
        LockReflection.Descriptor, HealthReflection.Descriptor, MembershipReflection.Descriptor,
    ];

    private static IEnumerable<string> Describe(FileDescriptor file)
    {
        foreach (var service in file.Services)
        {
            foreach (var method in service.Methods)
            {
                var input = (method.IsClientStreaming ? "stream " : "") + method.InputType.FullName;
                var output = (method.IsServerStreaming ? "stream " : "") + method.OutputType.FullName;
                yield return $"rpc /{service.FullName}/{method.Name} ({input}) -> ({output})";
            }
        }

        foreach (var line in file.EnumTypes.SelectMany(Describe).Concat(file.MessageTypes.SelectMany(Describe)))
            yield return line;
    }

    private static IEnumerable<string> Describe(MessageDescriptor message)
    {
        yield return $"message {message.FullName}";
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            var type = field.FieldType switch
            {
                FieldType.Message => field.MessageType.FullName,
                FieldType.Enum => field.EnumType.FullName,
                var scalar => scalar.ToString(),
            };
            var oneof = field.ContainingOneof is { } one ? $" oneof {one.Name}" : "";
            yield return $"  {field.FieldNumber} {field.Name} {(field.IsRepeated ? "repeated " : "")}{type}{oneof}";
        }

        foreach (var line in message.EnumTypes.SelectMany(Describe))
            yield return line;
    }

    private static IEnumerable<string> Describe(EnumDescriptor type)
    {
        yield return $"enum {type.FullName}";
        foreach (var value in type.Values)
            yield return $"  {value.Number} {value.Name}";
    }
}

using System.Reflection;
using KvStore.Grpc;
using KvStore.Protocol;

namespace KvStore.Api.Tests;

/// <summary>etcd's errors on the wire: the two enumerations of status codes are one, and every error of the table passes unchanged.</summary>
public sealed class ErrorMappingTests
{
    public static TheoryData<string> Errors()
    {
        var names = new TheoryData<string>();
        foreach (var field in Fields())
            names.Add(field.Name);
        return names;
    }

    [Fact]
    public void Codes_OfBothEnumerations_HaveTheSameNumbers() => Assert.Equal(
        Enum.GetValues<StatusCode>().Select(code => (code.ToString().ToUpperInvariant(), (int)code)),
        Enum.GetValues<GrpcCode>().Select(code => (code.ToString().ToUpperInvariant(), (int)code)));

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Error_OfTheMember_ReachesTheClientWithCodeAndText(string name)
    {
        var error = (EtcdError)Fields().Single(field => field.Name == name).GetValue(null)!;
        await using var host = await ApiHost.StartAsync();
        host.Member.ReadError = error;
        Assert.Equal(
            new GrpcStatus((StatusCode)(int)error.Code, error.Text).ToString(),
            await host.RefusalAsync("KV/Range", new Protocol.Etcd.RangeRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("k") }));
    }

    private static IEnumerable<FieldInfo> Fields() =>
        typeof(EtcdErrors).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.FieldType == typeof(EtcdError));
}

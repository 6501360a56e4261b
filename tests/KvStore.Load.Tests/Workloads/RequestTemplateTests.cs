using Google.Protobuf;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Load.Tests.Workloads;

public sealed class RequestTemplateTests
{
    [Theory]
    [InlineData("", 16, 10_000, 42)]
    [InlineData("some/prefix/é/", 4, 10_000_000, 9_999_999)]
    [InlineData("p", 40, 1, 0)]
    public void Encode_IsWhatTheMessageWithThatKeyEncodesTo(string prefix, int keyBytes, long count, long number)
    {
        var keys = new KeySpace { Prefix = prefix, KeyBytes = keyBytes, Count = count };
        static PutRequest Put(ByteString key) => new() { Key = key, Value = ByteString.CopyFromUtf8("value ????"), Lease = 7 };

        Assert.Equal(Put(keys.Key(number)).ToByteArray(), new RequestTemplate(keys, Put).Encode(number));
    }

    [Fact]
    public void Encode_FillsInEveryKey()
    {
        var keys = new KeySpace();
        static TxnRequest Txn(ByteString key) => new()
        {
            Compare = { new Compare { Key = key } },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = key } } },
        };

        Assert.Equal(Txn(keys.Key(123)).ToByteArray(), new RequestTemplate(keys, Txn).Encode(123));
    }
}

using System.Security.Cryptography;
using Google.Protobuf;
using KvStore.Load.Watching;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Load.Tests.Watching;

public sealed class EventStampTests
{
    [Fact]
    public void TryRead_FindsTheStampOfEveryEventInAnEncodedAnswer()
    {
        var answer = new WatchResponse { Header = new ResponseHeader { Revision = 9 }, WatchId = 3 };
        foreach (var moment in new long[] { 1, long.MaxValue, 77 })
        {
            var value = RandomNumberGenerator.GetBytes(64);
            EventStamp.Write(value, moment);
            answer.Events.Add(new Event { Kv = new KeyValue { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(value) } });
        }

        ReadOnlySpan<byte> rest = answer.ToByteArray();
        List<long> found = [];
        while (EventStamp.TryRead(ref rest, out var timestamp))
            found.Add(timestamp);

        Assert.Equal([1, long.MaxValue, 77], found);
    }

    [Fact]
    public void TryRead_OfACutStamp_FindsNone()
    {
        var value = new byte[EventStamp.Length];
        EventStamp.Write(value, 5);
        ReadOnlySpan<byte> rest = value.AsSpan(0, EventStamp.Length - 1);

        Assert.False(EventStamp.TryRead(ref rest, out _));
    }
}

using System.Text;
using Google.Protobuf;
using KvStore.Primitives;

namespace KvStore.Load.Workloads;

/// <summary>An encoded request in which only the number of the key changes: a load generator must cost less than what it measures.</summary>
internal sealed class RequestTemplate
{
    private readonly KeySpace _keys;
    private readonly byte[] _encoded;
    private readonly List<int> _digitsAt = [];

    /// <param name="keys">Whose key with the largest number stands in the message.</param>
    /// <param name="make">The request for a key.</param>
    public RequestTemplate(KeySpace keys, Func<ByteString, IMessage> make)
    {
        _keys = keys;
        // No key of the space, so that it is found only where a key stands.
        var mark = ByteString.CopyFromUtf8(keys.Prefix + new string('?', keys.Digits));
        _encoded = make(mark).ToByteArray();
        for (var at = 0; ;)
        {
            var next = _encoded.AsSpan(at).IndexOf(mark.Span);
            if (next < 0)
                break;
            _digitsAt.Add(at + next + Encoding.UTF8.GetByteCount(keys.Prefix));
            at += next + mark.Length;
        }

        Check.That(_digitsAt.Count > 0, "a request of a load names a key");
    }

    /// <summary>The request for a key; a new array, since the transport keeps it until it is sent.</summary>
    public byte[] Encode(long number)
    {
        var request = _encoded.AsSpan().ToArray();
        foreach (var at in _digitsAt)
            _keys.Write(number, request.AsSpan(at, _keys.Digits));
        return request;
    }
}

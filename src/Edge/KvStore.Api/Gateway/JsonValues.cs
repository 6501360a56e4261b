using System.Buffers;
using System.IO.Pipelines;
using KvStore.Grpc;

namespace KvStore.Api.Gateway;

/// <summary>
/// The JSON objects of a request body, one after the other: one for a unary call, any number for a stream. Only finds where each
/// ends; what is in it is judged by <see cref="JsonRequest"/>. What follows the last one taken is not looked at, as in etcd.
/// </summary>
internal sealed class JsonValues(PipeReader body, int bytesMax)
{
    private const string Truncated = "unexpected EOF";

    // How far the object at the front of the body has been looked through, so that a long one is not begun anew at each piece.
    private long _scanned;
    private int _depth;
    private bool _isInString;

    /// <summary>The next object, copied; null at the end of the body.</summary>
    public async ValueTask<byte[]?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var value = Take(ref buffer, out var refusal);
            refusal ??= value is null && buffer.Length > bytesMax
                ? new GatewayException(StatusCode.ResourceExhausted, $"http: request body too large ({buffer.Length} vs. {bytesMax})")
                : null;
            // Before anything is thrown: a reader that is left in the middle takes the connection with it.
            body.AdvanceTo(buffer.Start, value is not null ? buffer.Start : buffer.End);
            if (refusal is not null)
                throw refusal;
            if (value is not null)
                return value;
            if (!result.IsCompleted)
                continue;
            return buffer.IsEmpty ? null : throw new GatewayException(StatusCode.InvalidArgument, Truncated);
        }
    }

    /// <summary>Takes leading blanks off, and the object behind them if it is whole.</summary>
    private byte[]? Take(ref ReadOnlySequence<byte> buffer, out GatewayException? refusal)
    {
        refusal = null;
        if (_scanned == 0)
        {
            var blanks = new SequenceReader<byte>(buffer);
            blanks.AdvancePastAny((byte)' ', (byte)'\t', (byte)'\r', (byte)'\n');
            buffer = buffer.Slice(blanks.Position);
            if (!blanks.TryPeek(out var first))
                return null;
            if (first != (byte)'{')
            {
                refusal = new GatewayException(StatusCode.InvalidArgument, $"proto: syntax error: unexpected character '{(char)first}'");
                return null;
            }
        }

        var reader = new SequenceReader<byte>(buffer.Slice(_scanned));
        var isWhole = TryFindEnd(ref reader);
        _scanned += reader.Consumed;
        if (!isWhole)
            return null;
        var value = buffer.Slice(0, _scanned).ToArray();
        buffer = buffer.Slice(_scanned);
        _scanned = 0;
        return value;
    }

    /// <summary>Moves behind the brace that closes the first one. Braces in strings do not count.</summary>
    private bool TryFindEnd(ref SequenceReader<byte> reader)
    {
        while (true)
        {
            if (!reader.TryAdvanceToAny(_isInString ? "\"\\"u8 : "{}\""u8, advancePastDelimiter: false))
            {
                reader.AdvanceToEnd();
                return false;
            }

            reader.TryPeek(out var mark);
            if (mark == (byte)'\\')
            {
                // An escape is stepped over as a whole, or looked at again when the rest of it has come.
                if (reader.Remaining < 2)
                    return false;
                reader.Advance(2);
                continue;
            }

            reader.Advance(1);
            if (mark == (byte)'"')
                _isInString = !_isInString;
            else if (mark == (byte)'{')
                _depth++;
            else if (--_depth == 0)
                return true;
        }
    }
}

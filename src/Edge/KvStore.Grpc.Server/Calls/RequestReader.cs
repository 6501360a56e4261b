using System.Buffers;
using System.IO.Pipelines;

namespace KvStore.Grpc.Server;

/// <summary>
/// Messages of one request body, in order, each handed over where it lies: a message in one piece is not copied. One reader at a
/// time. Violations of the framing end the call with Go's statuses.
/// </summary>
public sealed class RequestReader
{
    private readonly ServerCall _call;
    private readonly GrpcRoom _room;
    private readonly PipeReader _body;
    private ReadOnlySequence<byte> _rest;
    private byte[]? _rented;
    private bool _holdsBuffer;
    private bool _ended;

    internal RequestReader(ServerCall call, GrpcRoom room)
    {
        _call = call;
        _room = room;
        _body = call.Http.Request.BodyReader;
    }

    /// <summary>The message of the last successful move; valid until the next one, and until the handler returns.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary>False at the client's half-close.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        Current = default;
        ReturnRented();
        while (true)
        {
            if (_holdsBuffer && TryTake())
                return true;
            if (_ended)
                return EndOfBody();

            if (_holdsBuffer)
                Advance(_rest.Start, _rest.End);
            if (!_body.TryRead(out var result))
                result = await _body.ReadAsync(cancellationToken.CanBeCanceled ? cancellationToken : _call.CancellationToken).ConfigureAwait(false);
            _rest = result.Buffer;
            _holdsBuffer = true;
            _ended = result.IsCompleted;
        }
    }

    /// <summary>Gives the pipe back what was read, so that the client's window opens again.</summary>
    internal void Release()
    {
        ReturnRented();
        if (!_holdsBuffer)
            return;
        try
        {
            Advance(_rest.Start, _rest.End);
        }
        catch (IOException)
        {
            // The client reset the stream meanwhile: Kestrel says so here too, and there is no window left to open.
        }
    }

    private bool TryTake()
    {
        var result = MessageReader.TryRead(ref _rest, _room.Options.ReceiveBytesMax, out var message, out var number);
        if (result == FrameResult.NeedMore)
            return false;
        if (result != FrameResult.Message)
        {
            var encoding = _call.Http.Request.Headers.GrpcEncoding;
            throw new GrpcException(MessageReader.Refusal(result, number, _room.Options.ReceiveBytesMax, encoding, isServer: true));
        }

        Current = message.IsSingleSegment ? message.First : Copy(message);
        _call.Entry.Counters.OnReceived();
        _room.OnReceived(MessagePrefix.Size + message.Length);
        return true;
    }

    // A message that ends in the middle is the client's fault and said so; an end between messages is a half-close.
    private bool EndOfBody()
    {
        if (!_holdsBuffer || _rest.IsEmpty)
            return false;
        throw new GrpcException(StatusCode.Internal, GrpcTexts.TruncatedMessage);
    }

    private ReadOnlyMemory<byte> Copy(in ReadOnlySequence<byte> message)
    {
        var length = (int)message.Length;
        _rented = ArrayPool<byte>.Shared.Rent(length);
        message.CopyTo(_rented);
        return _rented.AsMemory(0, length);
    }

    private void ReturnRented()
    {
        if (_rented is null)
            return;
        ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }

    private void Advance(SequencePosition consumed, SequencePosition examined)
    {
        _holdsBuffer = false;
        _body.AdvanceTo(consumed, examined);
    }
}

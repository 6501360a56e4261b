using System.Buffers;
using System.IO.Pipelines;

namespace KvStore.Grpc.Client;

/// <summary>Messages of one response body or upgraded connection, in order. One reader at a time.</summary>
public sealed class MessageStream(Stream body, int lengthMax)
{
    private readonly PipeReader _pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true));
    private ReadOnlySequence<byte> _rest;
    private bool _holdsBuffer;
    private bool _ended;

    /// <summary>Valid until the next move.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary>False at the end of the body. A body that ends within a message is an error.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        Current = default;
        while (true)
        {
            if (_holdsBuffer && TryTake())
                return true;
            if (_ended)
                return _rest.IsEmpty ? false : throw new GrpcException(StatusCode.Internal, GrpcTexts.TruncatedMessage);
            if (_holdsBuffer)
                _pipe.AdvanceTo(_rest.Start, _rest.End);
            _holdsBuffer = false;
            var result = await _pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            _rest = result.Buffer;
            _holdsBuffer = true;
            _ended = result.IsCompleted;
        }
    }

    private bool TryTake()
    {
        var result = MessageReader.TryRead(ref _rest, lengthMax, out var message, out var number);
        if (result == FrameResult.NeedMore)
            return false;
        if (result != FrameResult.Message)
            throw new GrpcException(MessageReader.Refusal(result, number, lengthMax, encoding: null, isServer: false));
        Current = message.IsSingleSegment ? message.First : message.ToArray();
        return true;
    }
}

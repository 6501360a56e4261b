using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;

namespace KvStore.Grpc.Server;

/// <summary>
/// Writes length-prefixed messages straight into the response's pipe. The length comes first on the wire, so it is said first:
/// <see cref="BeginMessage"/>, then exactly that many bytes. Nothing leaves before a flush or the end of the call, so a unary
/// answer costs one flush together with its trailers. One writer at a time.
/// </summary>
public sealed class ResponseWriter : IBufferWriter<byte>
{
    // Half of what Kestrel buffers per response: a large message is handed over in turns, so that another stream of the
    // same connection (a watch) gets in between (W9).
    private const int TurnBytes = 32 * 1024;

    private readonly ServerCall _call;
    private readonly GrpcRoom _room;
    private readonly PipeWriter _body;
    private int _missing;
    private long _messages;
    private long _bytes;

    internal ResponseWriter(ServerCall call, GrpcRoom room)
    {
        _call = call;
        _room = room;
        _body = call.Http.Response.BodyWriter;
    }

    /// <summary>Messages written so far.</summary>
    public long Messages => _messages;

    /// <summary>True while a begun message lacks bytes.</summary>
    internal bool IsTorn => _missing > 0;

    /// <summary>Begins a message of exactly <paramref name="length"/> bytes.</summary>
    public void BeginMessage(int length)
    {
        if (_missing > 0)
            throw new InvalidOperationException($"the message before lacks {_missing} bytes");
        if (_messages > 0 && _call.Entry.AnswersOnce)
            throw new InvalidOperationException($"{_call.Method.Path} answers with one message");
        Start();
        MessagePrefix.Write(_body.GetSpan(MessagePrefix.Size), length);
        _body.Advance(MessagePrefix.Size);
        _missing = length;
        _messages++;
        _bytes += MessagePrefix.Size + length;
    }

    public void WriteMessage(ReadOnlySpan<byte> message)
    {
        BeginMessage(message.Length);
        Put(message);
    }

    /// <summary>One message from two pieces, as an answer's header and its body are.</summary>
    public void WriteMessage(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        BeginMessage(head.Length + tail.Length);
        Put(head);
        Put(tail);
    }

    public void WriteMessage(IMessage message)
    {
        BeginMessage(message.CalculateSize());
        message.WriteTo(this);
    }

    /// <summary>Part of a begun message, of any size, flushed in turns: for what is too large to lie in the pipe as a whole.</summary>
    public async ValueTask WritePartAsync(ReadOnlyMemory<byte> part)
    {
        while (!part.IsEmpty)
        {
            var turn = part[..Math.Min(part.Length, TurnBytes)];
            Put(turn.Span);
            part = part[turn.Length..];
            if (turn.Length == TurnBytes)
                await FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One message from two pieces; a large one waits while the client takes less than it is sent.</summary>
    public ValueTask WriteMessageAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail)
    {
        if (head.Length + tail.Length > TurnBytes)
            return WriteLargeAsync(head, tail);
        WriteMessage(head.Span, tail.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends the response headers before the first message exists.</summary>
    public ValueTask FlushHeadersAsync()
    {
        Start();
        return FlushAsync();
    }

    /// <summary>Sends what was written; waits while the client takes less than it is sent. Throws when the call has ended.</summary>
    public async ValueTask FlushAsync()
    {
        var result = await _body.FlushAsync(_call.Method.Shape == RpcShape.Unary ? default : _call.CancellationToken).ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled)
            throw new OperationCanceledException("the client took no more");
    }

    public void Advance(int count)
    {
        if (count > _missing)
            throw new InvalidOperationException($"the message has {_missing} bytes left, not {count}");
        _missing -= count;
        _body.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _body.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _body.GetSpan(sizeHint);

    internal void Release()
    {
        if (_messages == 0)
            return;
        _call.Entry.Counters.OnSent(_messages);
        _room.OnSent(_bytes);
    }

    private async ValueTask WriteLargeAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail)
    {
        BeginMessage(checked(head.Length + tail.Length));
        await WritePartAsync(head).ConfigureAwait(false);
        await WritePartAsync(tail).ConfigureAwait(false);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _missing)
            throw new InvalidOperationException($"the message has {_missing} bytes left, not {bytes.Length}");
        _missing -= bytes.Length;
        _body.Write(bytes);
    }

    // The headers are only marked as ready; they leave with the first flush.
    private void Start()
    {
        if (_messages > 0 || _call.Http.Response.HasStarted)
            return;
        var started = _call.Http.Response.StartAsync();
        if (!started.IsCompletedSuccessfully)
            started.GetAwaiter().GetResult();
    }
}

using KvStore.Api.Calls;
using KvStore.Api.Members;
using KvStore.Api.Security;
using KvStore.Grpc.Server;
using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Kv;

/// <summary>The KV service. Requests that write go into the log with the bytes the client sent, answers come with the bytes the state machine wrote.</summary>
internal sealed class KvService(IMember member, NodeGateway gateway, QuotaGuard quota, ResponseHeaders headers, ApiOptions options)
{
    private readonly ByteWriterPool _bodies = new();
    private readonly JudgedReads _reads = new(member, gateway.Identity);

    public void Register(GrpcServiceTable table)
    {
        var methods = RpcReflection.Descriptor.Services.Single(service => service.Name == "KV");
        table.Declare(methods);
        table.Unary(methods.FindMethodByName("Range"), RangeAsync);
        table.ServerStreaming(methods.FindMethodByName("RangeStream"), RangeStreamAsync);
        table.Unary(methods.FindMethodByName("Put"), PutAsync);
        table.Unary(methods.FindMethodByName("DeleteRange"), DeleteRangeAsync);
        table.Unary(methods.FindMethodByName("Txn"), TxnAsync);
        table.Unary(methods.FindMethodByName("Compact"), CompactAsync);
    }

    private async ValueTask RangeAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (call.IsRefused(CheckRange(request.Span, out var isSerializable)))
            return;
        if (isSerializable || !call.IsRefused(await ConfirmReadAsync(call).ConfigureAwait(false)))
            await AnswerAsync(call, ReadKind.Range, request, response).ConfigureAwait(false);
    }

    /// <summary>A transaction that only reads never enters the log.</summary>
    private async ValueTask ReadTxnAsync(ServerCall call, ReadOnlyMemory<byte> request, bool isSerializable, ResponseWriter response)
    {
        if (isSerializable || !call.IsRefused(await ConfirmReadAsync(call).ConfigureAwait(false)))
            await AnswerAsync(call, ReadKind.Txn, request, response).ConfigureAwait(false);
    }

    private async ValueTask RangeStreamAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter responses)
    {
        if (call.IsRefused(CheckRangeStream(request.Span, out var stream, out var isSerializable)))
            return;
        if (!isSerializable && call.IsRefused(await ConfirmReadAsync(call).ConfigureAwait(false)))
            return;
        var permit = await _reads.PermitAsync(call, ReadKind.Range, request).ConfigureAwait(false);
        if (call.IsRefused(permit.Error))
            return;
        var chunk = _bodies.Rent();
        while (!stream!.IsFinished)
        {
            chunk.Clear();
            // The chunks go on for as long as the reader likes: each is judged again if users or roles changed.
            if (call.IsRefused(NextChunk(stream, chunk) ?? await _reads.StillPermitsAsync(call, permit, ReadKind.Range, request).ConfigureAwait(false)))
                break;
            await WriteChunkAsync(responses, stream, chunk).ConfigureAwait(false);
        }

        _bodies.Return(chunk);
    }

    private ValueTask PutAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (!PutFields.TryRead(request.Span, out var put))
            call.Fail(EtcdErrors.MalformedRequest);
        else if (!call.IsRefused(RequestValidator.Check(put) ?? quota.Check(Quota.CostOf(put))))
            return ProposeAsync(call, CommandKind.Put, request, response);
        return ValueTask.CompletedTask;
    }

    private ValueTask DeleteRangeAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (!DeleteRangeFields.TryRead(request.Span, out var delete))
            call.Fail(EtcdErrors.MalformedRequest);
        else if (!call.IsRefused(RequestValidator.Check(delete)))
            return ProposeAsync(call, CommandKind.DeleteRange, request, response);
        return ValueTask.CompletedTask;
    }

    private ValueTask TxnAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (!TxnFields.TryRead(request.Span, out var txn))
            call.Fail(EtcdErrors.MalformedRequest);
        else if (call.IsRefused(RequestValidator.Check(txn, options.TxnOpsMax)))
            return ValueTask.CompletedTask;
        else if (TxnClassification.IsReadOnly(txn))
            return ReadTxnAsync(call, request, TxnClassification.IsSerializable(txn), response);
        else if (!call.IsRefused(quota.Check(Quota.CostOf(txn))))
            return ProposeAsync(call, CommandKind.Txn, request, response);
        return ValueTask.CompletedTask;
    }

    private async ValueTask CompactAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (!call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            await ProposeAsync(call, CommandKind.Compaction, request, response).ConfigureAwait(false);
    }

    private async ValueTask ProposeAsync(ServerCall call, CommandKind kind, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        var reply = await gateway.ProposeAsync(call, kind, request.Span).ConfigureAwait(false);
        if (!call.IsRefused(reply.Error))
            await headers.AnswerAsync(response, reply.Revision, reply.Body).ConfigureAwait(false);
    }

    private async ValueTask AnswerAsync(ServerCall call, ReadKind kind, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        var body = _bodies.Rent();
        EtcdError? error;
        Revision revision;
        while (true)
        {
            var permit = await _reads.PermitAsync(call, kind, request).ConfigureAwait(false);
            body.Clear();
            (error, revision) = permit.Error is null ? Evaluate(kind, request, body) : (permit.Error, Revision.Zero);
            if (_reads.IsOutdated(permit))
                error ??= EtcdErrors.AuthOldRevision;
            if (error is not null || _reads.IsInForce(permit))
                break;
        }

        if (!call.IsRefused(error))
            await headers.AnswerAsync(response, revision, body.WrittenMemory).ConfigureAwait(false);
        _bodies.Return(body);
    }

    /// <summary>The view ends before the answer is sent: a client that reads slowly keeps nothing in the store alive.</summary>
    private (EtcdError? Error, Revision Revision) Evaluate(ReadKind kind, ReadOnlyMemory<byte> request, ByteWriter body)
    {
        using var view = member.OpenView();
        return (kind == ReadKind.Range ? EvaluateRange(view, request, body) : EvaluateTxn(view, request, body), view.Current);
    }

    private EtcdError? EvaluateRange(MvccView view, ReadOnlyMemory<byte> request, ByteWriter body) =>
        RangeFields.TryRead(request.Span, out var range)
            ? RangeEvaluator.Evaluate(view, range, body, options.ResponseBytesMax)
            : EtcdErrors.MalformedRequest;

    private EtcdError? EvaluateTxn(MvccView view, ReadOnlyMemory<byte> request, ByteWriter body) =>
        TxnFields.TryRead(request.Span, out var txn)
            ? ReadOnlyTxn.Evaluate(view, txn, body, options.ResponseBytesMax)
            : EtcdErrors.MalformedRequest;

    private EtcdError? NextChunk(RangeStream stream, ByteWriter chunk)
    {
        using var view = member.OpenView();
        return stream.Next(view, chunk);
    }

    /// <summary>The chunk is field 1 of a RangeStreamResponse; only the last has a header.</summary>
    private async ValueTask WriteChunkAsync(ResponseWriter responses, RangeStream stream, ByteWriter chunk)
    {
        var head = new ByteWriter(2 * ResponseHeaders.BytesMax);
        var header = new byte[ResponseHeaders.BytesMax];
        var headerBytes = stream.IsFinished ? headers.Write(header, stream.HeaderRevision) : 0;
        head.WriteTag(RangeStreamResponse.RangeResponseFieldNumber, Wire.WireType.LengthDelimited);
        head.WriteVarint((ulong)(headerBytes + chunk.WrittenCount));
        head.Write(header.AsSpan(0, headerBytes));
        await responses.WriteMessageAsync(head.WrittenMemory, chunk.WrittenMemory).ConfigureAwait(false);
        await responses.FlushAsync().ConfigureAwait(false);
    }

    private EtcdError? CheckRangeStream(ReadOnlySpan<byte> request, out RangeStream? stream, out bool isSerializable)
    {
        stream = null;
        isSerializable = false;
        if (!RangeFields.TryRead(request, out var range))
            return EtcdErrors.MalformedRequest;
        if (RequestValidator.CheckStream(range) is { } error)
            return error;
        isSerializable = range.Serializable;
        stream = new RangeStream(range, options.RequestBytesMax);
        return null;
    }

    private static EtcdError? CheckRange(ReadOnlySpan<byte> request, out bool isSerializable)
    {
        isSerializable = false;
        if (!RangeFields.TryRead(request, out var range))
            return EtcdErrors.MalformedRequest;
        isSerializable = range.Serializable;
        return RequestValidator.Check(range);
    }

    private async ValueTask<EtcdError?> ConfirmReadAsync(ServerCall call)
    {
        // A learner has no vote in what is committed; it answers what it has, to those who ask for no more.
        if (member.Status.IsLearner)
            return EtcdErrors.NotSupportedForLearner;
        return (await gateway.ReadAsync(call).ConfigureAwait(false)).Error;
    }
}

namespace KvStore.Grpc.Client;

/// <summary>One request, one response, and the rules for trying again.</summary>
internal static class UnaryCall
{
    public static async Task<ReadOnlyMemory<byte>> RunAsync(
        EndpointPool pool, GrpcChannelOptions channel, string path, ReadOnlyMemory<byte> request, CallOptions call, CancellationToken cancellationToken)
    {
        using var deadline = new CallDeadline(call.Timeout, channel.Time, cancellationToken);
        var framed = Frame(request, channel.SendBytesMax);
        GrpcException? before = null;
        for (var attempt = 1; ; attempt++)
        {
            Endpoint? endpoint = null;
            GrpcException failure;
            try
            {
                endpoint = await pool.NextAsync(deadline.Token).ConfigureAwait(false);
                return await SendAsync(endpoint, channel, path, framed, call, deadline).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is GrpcException or HttpRequestException or IOException or OperationCanceledException)
            {
                failure = TransportErrors.Translate(exception, deadline, endpoint?.Label ?? "", before);
            }

            if (endpoint is null)
                attempt = (attempt + pool.Count - 1) / pool.Count * pool.Count; // all were tried
            if (!MayRepeat(failure, call.Repeat, attempt, pool.Count, channel.RepeatsMax))
                throw failure;
            before = failure;
            if (attempt % pool.Count == 0)
                await PauseAsync(channel, deadline, failure).ConfigureAwait(false);
        }
    }

    internal static byte[] Frame(ReadOnlyMemory<byte> message, int lengthMax)
    {
        CheckLength(message.Length, lengthMax);
        var framed = new byte[MessagePrefix.Size + message.Length];
        MessagePrefix.Write(framed, message.Length);
        message.CopyTo(framed.AsMemory(MessagePrefix.Size));
        return framed;
    }

    /// <summary>Refuses in the words of Go's client.</summary>
    internal static void CheckLength(int length, int lengthMax)
    {
        if (length > lengthMax)
            throw new GrpcException(StatusCode.ResourceExhausted, $"trying to send message larger than max ({length} vs. {lengthMax})");
    }

    private static async Task<ReadOnlyMemory<byte>> SendAsync(
        Endpoint endpoint, GrpcChannelOptions channel, string path, byte[] framed, CallOptions call, CallDeadline deadline)
    {
        using var request = RequestHead.Make(endpoint.Name, path, call, channel, deadline.Remaining);
        request.Content = new UnaryContent(framed);
        using var response = await endpoint.SendAsync(request, deadline.Token).ConfigureAwait(false);
        if (ResponseStatus.OfHeaders(response) is { } refused)
            throw refused;

        await using var body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        var messages = new MessageStream(body, channel.ReceiveBytesMax);
        ReadOnlyMemory<byte> answer = default;
        var has = false;
        while (await messages.MoveNextAsync(deadline.Token).ConfigureAwait(false))
        {
            if (has)
                throw new GrpcException(StatusCode.Internal, "cardinality violation: received more than one response message for a unary RPC");
            answer = messages.Current.ToArray();
            has = true;
        }

        if (ResponseStatus.OfTrailers(response) is { } failed)
            throw failed;
        return has ? answer : throw new GrpcException(StatusCode.Internal, "cardinality violation: received no response message from a unary RPC");
    }

    private static bool MayRepeat(GrpcException failure, RepeatRule rule, int attempt, int endpoints, int repeatsMax) => rule switch
    {
        RepeatRule.IfNeverSent => failure.NeverSent && attempt < endpoints,
        RepeatRule.IfUnavailable => failure.Code == StatusCode.Unavailable && attempt < (long)repeatsMax * endpoints,
        _ => false,
    };

    private static async Task PauseAsync(GrpcChannelOptions channel, CallDeadline deadline, GrpcException failure)
    {
        // A tenth up or down, so that clients which failed together do not come back together.
        var pause = channel.RepeatPause * (0.9 + 0.2 * Random.Shared.NextDouble());
        try
        {
            await Task.Delay(pause, channel.Time, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw deadline.HasPassed ? failure : TransportErrors.Translate(new OperationCanceledException(), deadline, "");
        }
    }
}

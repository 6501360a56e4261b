using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Grpc.Server;

/// <summary>
/// The HTTP/2 stream of a <see cref="LocalCall"/>, in memory: two pipes for the bodies, and the features that the room asks of a
/// request. A pipe holds as little as a connection's window, so a slow side slows the other one down.
/// </summary>
internal sealed class LocalExchange :
    IRequestBodyPipeFeature, IHttpResponseFeature, IHttpResponseBodyFeature, IHttpResponseTrailersFeature, IHttpRequestLifetimeFeature
{
    private readonly Pipe _request = new();
    private readonly Pipe _response = new();
    private readonly CancellationTokenSource _aborting;

    public LocalExchange(CancellationToken cancellationToken)
    {
        _aborting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        RequestAborted = _aborting.Token;
    }

    public PipeWriter RequestBody => _request.Writer;

    public PipeReader ResponseBody => _response.Reader;

    public PipeReader Reader => _request.Reader;

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    public bool HasStarted { get; private set; }

    public PipeWriter Writer => _response.Writer;

    public CancellationToken RequestAborted { get; set; }

    // The room writes to pipes; these two are for what is no part of it.
    Stream IHttpResponseFeature.Body
    {
        get => _response.Writer.AsStream();
        set => throw new NotSupportedException("a local call's body is its pipe");
    }

    Stream IHttpResponseBodyFeature.Stream => _response.Writer.AsStream();

    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        HasStarted = true;
        return Task.CompletedTask;
    }

    public Task CompleteAsync() => Task.CompletedTask;

    public void DisableBuffering()
    {
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("a local call sends no files");

    public void OnStarting(Func<object, Task> callback, object state) => throw new NotSupportedException("nothing waits for a local call's start");

    public void OnCompleted(Func<object, Task> callback, object state) => throw new NotSupportedException("nothing waits for a local call's end");

    public void Abort() => _aborting.Cancel();

    /// <summary>The handler has ended: it reads and writes no more.</summary>
    public async ValueTask CompleteServerAsync()
    {
        await _request.Reader.CompleteAsync().ConfigureAwait(false);
        await _response.Writer.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>The caller has what it wanted: a handler that still writes hears that nobody reads.</summary>
    public async ValueTask CompleteClientAsync()
    {
        await _request.Writer.CompleteAsync().ConfigureAwait(false);
        await _response.Reader.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>After the end of both sides.</summary>
    public void Release() => _aborting.Dispose();
}

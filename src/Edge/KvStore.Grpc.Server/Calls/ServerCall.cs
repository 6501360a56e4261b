using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Grpc.Server;

/// <summary>
/// One call, from its headers to its status. Handed to the handler and valid until the handler's task completes. Everything that
/// costs (token, timer, certificate) is made when it is asked for: a unary call that answers at once pays for none of it.
/// </summary>
public sealed class ServerCall
{
    private readonly GrpcRoom _room;
    private readonly HttpContext _http;
    private readonly long _arrived;
    private Metadata? _trailers;
    private CallClock? _clock;

    internal ServerCall(GrpcRoom room, HttpContext http, MethodEntry entry)
    {
        _room = room;
        _http = http;
        Entry = entry;
        _arrived = room.Options.Time.GetTimestamp();
    }

    public RpcMethod Method => Entry.Method;

    /// <summary>How the call will end; OK unless the handler says otherwise.</summary>
    public GrpcStatus Status { get; private set; } = GrpcStatus.OK;

    /// <summary>The time the caller allowed when the call arrived; null without a limit.</summary>
    public TimeSpan? Timeout { get; internal set; }

    /// <summary>What is left of <see cref="Timeout"/>; never negative.</summary>
    public TimeSpan? RemainingTime
    {
        get
        {
            if (Timeout is not { } timeout)
                return null;
            if (_clock is { IsTimeOver: true })
                return TimeSpan.Zero;
            var left = timeout - _room.Options.Time.GetElapsedTime(_arrived);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public TimeSpan Elapsed => _room.Options.Time.GetElapsedTime(_arrived);

    /// <summary>Ends when the caller goes away, when its deadline passes and, for streams, when the server stops.</summary>
    public CancellationToken CancellationToken => (_clock ??= new CallClock(_http, _room.Options, RemainingTime, StopsWithServer)).Token;

    public string Authority => _http.Request.Host.Value ?? "";

    public EndPoint? RemoteEndPoint => _http.Features.Get<IHttpConnectionFeature>() is { RemoteIpAddress: { } address } connection
        ? new IPEndPoint(address, connection.RemotePort)
        : null;

    /// <summary>True when the connection is encrypted.</summary>
    public bool IsTls => _http.Features.Get<ITlsConnectionFeature>() is TlsSession;

    /// <summary>The verified certificate of the caller, or null; the connection owns it.</summary>
    public X509Certificate2? PeerCertificate => _http.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    /// <summary>The common name in the caller's certificate, or null.</summary>
    public string? PeerCommonName => PeerCertificate is { } certificate ? CertificateNames.CommonName(certificate) : null;

    /// <summary>Something of the application's own that travels with the call, for instance who the caller is.</summary>
    public object? State { get; set; }

    /// <summary>The underlying request, for what this type does not offer.</summary>
    public HttpContext Http => _http;

    internal MethodEntry Entry { get; }

    internal GrpcRoom Room => _room;

    private bool StopsWithServer => Entry.Method.Shape != RpcShape.Unary;

    /// <summary>
    /// The first value of a header as it came, one character per byte (see <see cref="MetadataText"/>); null when absent. Names
    /// in lower case.
    /// </summary>
    public string? Header(string name) =>
        _http.Request.Headers.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    /// <summary>The bytes of a `-bin` header; false when absent or not base64.</summary>
    public bool TryGetBinaryHeader(string name, out byte[] value)
    {
        value = [];
        return Header(name) is { } encoded && BinaryMetadata.TryDecode(encoded, out value);
    }

    /// <summary>All metadata of the request, without the headers of the transport.</summary>
    public Metadata RequestMetadata()
    {
        var metadata = new Metadata();
        foreach (var header in _http.Request.Headers)
        {
            if (GrpcHeaders.IsReserved(header.Key))
                continue;
            foreach (var value in header.Value)
                metadata.AddReceived(header.Key, value ?? "");
        }

        return metadata;
    }

    /// <summary>Sets the status without the cost of an exception. The handler then returns; what it wrote is not an answer.</summary>
    public void Fail(StatusCode code, string message) => Status = new GrpcStatus(code, message);

    public void Fail(in GrpcStatus status) => Status = status;

    public void AddTrailer(string name, string value) => (_trailers ??= new Metadata()).Add(name, value);

    /// <summary>Adds a response header; only before the first message.</summary>
    public void AddResponseHeader(string name, string value)
    {
        if (_http.Response.HasStarted)
            throw new InvalidOperationException("the response headers are on their way already");
        _http.Response.Headers.Append(name, value);
    }

    /// <summary>Null while nobody listens to <see cref="CallSpans"/>.</summary>
    internal System.Diagnostics.Activity? Span { get; set; }

    internal Metadata? Trailers => _trailers;

    internal void AddTrailers(Metadata trailers)
    {
        foreach (var (name, value) in trailers)
            (_trailers ??= new Metadata()).AddReceived(name, value);
    }

    /// <summary>What an exception that ended the handler means for the caller.</summary>
    internal GrpcStatus StatusOf(Exception exception)
    {
        if (exception is GrpcException grpc)
        {
            AddTrailers(grpc.Trailers);
            return grpc.Status;
        }

        var endedFromOutside = exception is OperationCanceledException or ConnectionAbortedException or ConnectionResetException or IOException;
        if (endedFromOutside && RemainingTime == TimeSpan.Zero)
            return new GrpcStatus(StatusCode.DeadlineExceeded, GrpcTexts.DeadlineExceeded);
        if (endedFromOutside && StopsWithServer && _room.Options.Stopping.IsCancellationRequested)
            return _room.Options.StoppingStatus;
        if (endedFromOutside)
            return new GrpcStatus(StatusCode.Canceled, GrpcTexts.Canceled);

        _room.Options.OnUnhandledException?.Invoke(this, exception);
        // The heap has a bound (in a container, or by the process's options): an answer that does not fit is this caller's alone, who may ask for less.
        return exception is OutOfMemoryException
            ? new GrpcStatus(StatusCode.ResourceExhausted, GrpcTexts.OutOfMemory)
            : new GrpcStatus(StatusCode.Internal, GrpcTexts.InternalError);
    }

    internal void Release() => _clock?.Dispose();
}

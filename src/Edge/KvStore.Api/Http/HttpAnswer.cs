namespace KvStore.Api.Http;

/// <summary>What a plain endpoint answers; the server puts it on the wire.</summary>
public readonly record struct HttpAnswer(int StatusCode, string ContentType, string Body);

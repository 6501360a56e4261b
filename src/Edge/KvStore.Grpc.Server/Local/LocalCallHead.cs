using Microsoft.AspNetCore.Http;

namespace KvStore.Grpc.Server;

/// <summary>What a call made inside this process says of itself before its messages.</summary>
/// <param name="Path">Of the method: `/package.Service/Method`.</param>
/// <param name="Headers">Metadata, names in lower case; the transport's own headers among them are not sent.</param>
public readonly record struct LocalCallHead(string Path, IHeaderDictionary Headers)
{
    /// <summary>What the caller allows the call, as `grpc-timeout` writes it; null without a limit.</summary>
    public string? Timeout { get; init; }
}

using Google.Protobuf;

namespace KvStore.Api.Tests.Auth;

/// <summary>One request and what comes of it for each caller (<see cref="AccessTable"/>).</summary>
internal sealed record AccessRow(string Path, IMessage Request, string Expected, string? WithoutSpace = null);

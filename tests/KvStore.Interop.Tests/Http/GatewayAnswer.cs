namespace KvStore.Interop.Tests.Http;

/// <summary>What a gateway answered: the status, the headers that are compared, and the body as it came.</summary>
internal sealed record GatewayAnswer(int Status, string Head, string Body);

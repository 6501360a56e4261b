using Google.Protobuf;

namespace KvStore.Interop.Tests.Differential;

/// <summary>One unary request of the sequence that both servers are sent.</summary>
internal sealed record RandomRequest(string Path, IMessage Message, MessageParser Response);

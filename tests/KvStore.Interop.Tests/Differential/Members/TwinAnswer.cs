using Google.Protobuf;

namespace KvStore.Interop.Tests.Differential.Members;

/// <summary>What both sides answered: a response each, or the refusal as "code: text" (empty: granted).</summary>
internal sealed record TwinAnswer(IMessage?[] Responses, string[] Errors)
{
    /// <summary>By both.</summary>
    public bool IsGranted => Responses[0] is not null && Responses[1] is not null;
}

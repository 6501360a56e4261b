namespace KvStore.Client.Tests.Support;

/// <summary>A part of a running member's keys that no other test uses, and a client of it.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly KvClient _whole;

    public Scratch(Members members, string which)
    {
        _whole = members.Connect(which);
        Prefix = $"test-{Guid.NewGuid():N}/";
        Client = _whole.WithPrefix(Prefix);
    }

    public string Prefix { get; }

    /// <summary>Sees the part as if it were all.</summary>
    public KvClient Client { get; }

    /// <summary>Sees everything.</summary>
    public KvClient Whole => _whole;

    public void Dispose() => _whole.Dispose();
}

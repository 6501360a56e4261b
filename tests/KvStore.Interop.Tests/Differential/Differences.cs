using System.Globalization;
using System.Text;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Where two servers answered differently. A run goes on after the first, because the second often tells what the first was; it ends
/// when there are so many that the two states have surely parted.
/// </summary>
internal sealed class Differences
{
    private const int CountMax = 16;

    private readonly StringBuilder _text = new();

    public int Count { get; private set; }

    public void Add(string where, string expected, string actual)
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"{where}\netcd: {expected}\nours: {actual}\n");
        if (++Count >= CountMax)
            AssertNone();
    }

    public void AssertNone() => Assert.True(Count == 0, _text.ToString());
}

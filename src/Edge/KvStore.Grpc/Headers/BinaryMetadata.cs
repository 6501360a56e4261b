namespace KvStore.Grpc;

/// <summary>Values of `-bin` headers: base64, written without padding and read with or without it.</summary>
public static class BinaryMetadata
{
    public static string Encode(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    public static bool TryDecode(string value, out byte[] bytes)
    {
        var padded = value.Length % 4 == 0 ? value : value.PadRight(value.Length + 4 - value.Length % 4, '=');
        bytes = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, bytes, out var count))
            return false;
        Array.Resize(ref bytes, count);
        return true;
    }
}

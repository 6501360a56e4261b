using System.Text;

namespace KvStore.Grpc;

/// <summary>
/// Header values as bytes. The server hands them on one character per byte (Latin-1), so that a value which is not UTF-8 neither
/// breaks the connection nor is changed in silence; whoever needs text decodes it here and hears when it is none
/// (Ada Logics 2022: invalid UTF-8 in `client-api-version`).
/// </summary>
public static class MetadataText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool TryDecode(string latin1, out string text)
    {
        text = latin1;
        if (Ascii.IsValid(latin1))
            return true;
        var bytes = new byte[latin1.Length];
        for (var i = 0; i < latin1.Length; i++)
        {
            if (latin1[i] > 0xFF)
                return true; // decoded already by whoever received it
            bytes[i] = (byte)latin1[i];
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            return false;
        text = StrictUtf8.GetString(bytes);
        return true;
    }
}

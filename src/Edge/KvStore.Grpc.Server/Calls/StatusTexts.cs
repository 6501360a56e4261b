using Microsoft.Extensions.Primitives;

namespace KvStore.Grpc.Server;

/// <summary>The codes as header values, made once.</summary>
internal static class StatusTexts
{
    private static readonly StringValues[] Texts =
        [.. Enumerable.Range(0, MethodCounters.CodeCount).Select(code => new StringValues(code.ToString(System.Globalization.CultureInfo.InvariantCulture)))];

    public static StringValues Of(StatusCode code) => Texts[(uint)code < (uint)Texts.Length ? (int)code : (int)StatusCode.Unknown];
}

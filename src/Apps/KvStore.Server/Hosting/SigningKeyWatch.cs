using System.Security.Cryptography;
using KvStore.Api.Security;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>
/// Puts new keys of signed tokens in force when their files change. Tokens of the keys before are none from then on: whoever changes
/// keys wants that, and clients log in again. Files that cannot be used leave the keys in force and are said once.
/// </summary>
internal sealed class SigningKeyWatch(SigningFiles files, JwtTokens tokens, ILogger logger)
{
    /// <summary>Two small files are read each time; a change need not be seen sooner.</summary>
    private static readonly TimeSpan _lookAfter = TimeSpan.FromSeconds(2);

    public async Task RunAsync(string inForce, CancellationToken stopping)
    {
        try
        {
            using var timer = new PeriodicTimer(_lookAfter);
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
                inForce = Look(inForce);
        }
        catch (OperationCanceledException)
        {
            // the member stops
        }
    }

    private string Look(string inForce)
    {
        var seen = inForce;
        try
        {
            seen = files.Fingerprint();
            if (seen == inForce)
                return inForce;
            // The two are written one after the other: a pair that does not fit is looked at again when the second has come.
            tokens.Replace(files.Load());
            logger.Info("changed keys of signed tokens are in force; tokens of those before are refused", ("sign-method", files.Method));
        }
        catch (Exception unusable) when (unusable is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            if (seen != inForce)
                logger.Warn("changed keys of signed tokens cannot be used; those before stay in force", ("error", unusable.Message));
        }

        return seen;
    }
}

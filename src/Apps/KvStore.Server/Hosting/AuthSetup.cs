using KvStore.Api.Security;
using KvStore.Hosting;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using KvStore.StateMachine;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>Tokens and passwords as the flags have it. Made before the node, which assigns tokens as soon as it applies its log.</summary>
internal sealed class AuthSetup : IDisposable
{
    private readonly SimpleTokens? _simple;
    private readonly JwtTokens? _signed;

    public AuthSetup(ServerOptions options, ILogger logger)
    {
        var auth = options.Auth;
        if (auth.SigningKey is { } key)
            _signed = new JwtTokens(key, TimeProvider.System, auth.SignedLifetime);
        else
            _simple = new SimpleTokens(TimeProvider.System, auth.SimpleLifetime);
        if (auth.BcryptCostIsCorrected)
            logger.Warn("the given bcrypt cost is none; the default is used", ("cost", auth.BcryptCost));
        if (!BcryptPasswords.IsAvailable)
            logger.Warn("the system's libcrypt has no bcrypt: nobody can log in with a password");
        Security = new CallerSecurity
        {
            Passwords = BcryptPasswords.Instance,
            Tokens = (ICallerTokens?)_signed ?? _simple!,
            UsesCertificates = options.ClientTls.ClientCertificateDemanded,
            BcryptCost = auth.BcryptCost,
            PasswordBytesMin = auth.PasswordBytesMin,
            OnRefused = (user, reason) => logger.Warn("invalid authentication was requested", ("user", user), ("reason", reason.ToString())),
        };
    }

    public CallerSecurity Security { get; }

    /// <summary>Signed tokens are not assigned by the log.</summary>
    public ITokenAssignments Assignments => (ITokenAssignments?)_simple ?? NoTokens.Instance;

    public void Dispose()
    {
        _simple?.Dispose();
        _signed?.Dispose();
    }
}

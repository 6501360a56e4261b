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
    private readonly SigningFiles? _files;
    private readonly string _fingerprint;
    private readonly ILogger _logger;

    public AuthSetup(ServerOptions options, ILogger logger)
    {
        var auth = options.Auth;
        _logger = logger;
        (_files, _fingerprint) = (auth.SigningFiles, auth.SigningFingerprint);
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

    /// <summary>Begins to look for changed keys; ends with the token.</summary>
    public void Start(CancellationToken stopping)
    {
        if (_signed is not null && _files is not null)
            _ = new SigningKeyWatch(_files, _signed, _logger).RunAsync(_fingerprint, stopping);
    }

    /// <summary>Signed tokens are not assigned by the log.</summary>
    public ITokenAssignments Assignments => (ITokenAssignments?)_simple ?? NoTokens.Instance;

    public void Dispose()
    {
        _simple?.Dispose();
        _signed?.Dispose();
    }
}

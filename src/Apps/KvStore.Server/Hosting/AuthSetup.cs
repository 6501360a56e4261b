using KvStore.Api.Security;
using KvStore.Grpc.Server;
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
    private readonly TellingPace _refusals;

    /// <param name="options">Its auth and client certificates.</param>
    /// <param name="logger">Where refused log-ins are told.</param>
    /// <param name="time">Clock of tokens, and of the pace at which refusals are told.</param>
    public AuthSetup(ServerOptions options, ILogger logger, TimeProvider time)
    {
        var auth = options.Auth;
        _logger = logger;
        _refusals = new TellingPace(time);
        (_files, _fingerprint) = (auth.SigningFiles, auth.SigningFingerprint);
        if (auth.SigningKey is { } key)
            _signed = new JwtTokens(key, time, auth.SignedLifetime);
        else
            _simple = new SimpleTokens(time, auth.SimpleLifetime);
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
            OnRefused = OnRefused,
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

    // Whoever reaches the port may guess, and needs no rights for it.
    private void OnRefused(string user, AuthRefusalReason reason)
    {
        if (_refusals.IsToBeTold(out var refused))
            _logger.Warn("invalid authentication was requested", ("user", user), ("reason", reason.ToString()), ("refused", refused));
    }
}

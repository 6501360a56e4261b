using KvStore.Protocol;

namespace KvStore.Api.Security;

/// <summary>Where passwords are hashed and checked: off the calling thread, a few at a time, so that guessing slows nobody else down.</summary>
internal sealed class PasswordDesk(CallerSecurity security) : IDisposable
{
    /// <summary>bcrypt sees no more; Go's refuses longer ones by this text.</summary>
    private const int BytesMax = 72;

    private readonly SemaphoreSlim _places = new(security.PasswordsAtOnceMax);
    private int _waiting;

    /// <summary>Why a password cannot become somebody's; null when it can.</summary>
    public EtcdError? Check(string password)
    {
        var bytes = System.Text.Encoding.UTF8.GetByteCount(password);
        if (bytes > BytesMax)
            return EtcdErrors.PasswordTooLong;
        if (password.Contains('\0', StringComparison.Ordinal))
            return EtcdErrors.PasswordWithZero;
        return bytes < security.PasswordBytesMin ? EtcdErrors.PasswordTooShort : null;
    }

    public async ValueTask<(EtcdError? Error, string Hash)> HashAsync(string password, CancellationToken cancellationToken)
    {
        var (error, hash) = await RunAsync(() => security.Passwords.Hash(password, security.BcryptCost), cancellationToken).ConfigureAwait(false);
        return (error, hash ?? "");
    }

    public async ValueTask<(EtcdError? Error, bool Matches)> MatchesAsync(string password, string hash, CancellationToken cancellationToken)
    {
        if (password.Contains('\0', StringComparison.Ordinal))
            return (null, false);
        return await RunAsync(() => security.Passwords.Matches(password, hash), cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _places.Dispose();

    private async ValueTask<(EtcdError? Error, T? Result)> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > security.PasswordsWaitingMax + security.PasswordsAtOnceMax)
        {
            Interlocked.Decrement(ref _waiting);
            return (EtcdErrors.TooManyRequests, default);
        }

        try
        {
            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return (null, await Task.Run(work, cancellationToken).ConfigureAwait(false));
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using KvStore.Api.Members;
using KvStore.Api.Security;
using KvStore.Grpc.Server;
using KvStore.Protocol;
using KvStore.Protocol.Commands;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Auth;

/// <summary>
/// Gives a token for a password. The password is checked here, by one member, and goes no further: the log holds the user's name and
/// the random part of the token (CVE-2021-28235).
/// </summary>
internal sealed class LogIn(IMember member, NodeGateway gateway, PasswordDesk passwords, ResponseHeaders headers)
{
    private const string TokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>91 bits of chance, and etcd's form.</summary>
    private const int TokenPrefixLength = 16;

    /// <summary>Characters of a name that are told of when it is refused: whoever asks needs no rights, and what is told waits in memory for the disk.</summary>
    private const int ToldNameMax = 128;

    private readonly CallerSecurity _security = gateway.Identity.Security;

    public async ValueTask<AuthenticateResponse?> AuthenticateAsync(ServerCall call, AuthenticateRequest request)
    {
        if (call.IsRefused((await gateway.ReadAsync(call).ConfigureAwait(false)).Error))
            return null;
        // Checking a password takes long. If users change meanwhile, it may be this one: then it is checked once more.
        while (true)
        {
            var table = member.Auth;
            if (call.IsRefused(await CheckAsync(call, table, request).ConfigureAwait(false)))
                return null;
            var reply = await AssignAsync(call, table, request.Name).ConfigureAwait(false);
            if (call.IsRefused(reply.Error))
                return null;
            if (member.Auth.Revision != table.Revision)
                continue;
            var response = AuthenticateResponse.Parser.ParseFrom(reply.Body.Span);
            response.Header = headers.Current();
            return response;
        }
    }

    private async ValueTask<EtcdError?> CheckAsync(ServerCall call, AuthTable table, AuthenticateRequest request)
    {
        if (!table.IsEnabled)
            return EtcdErrors.AuthNotEnabled;
        if (table.FindUser(request.Name) is not { } user)
            return Refused(request.Name, AuthRefusalReason.UnknownUser, EtcdErrors.AuthFailed);
        if (user.HasNoPassword)
            return Refused(request.Name, AuthRefusalReason.UserWithoutPassword, EtcdErrors.PasswordForNoPasswordUser);
        var hash = Encoding.UTF8.GetString(user.PasswordHash.Span);
        var (error, matches) = await passwords.MatchesAsync(request.Password, hash, call.CancellationToken).ConfigureAwait(false);
        return error ?? (matches ? null : Refused(request.Name, AuthRefusalReason.WrongPassword, EtcdErrors.AuthFailed));
    }

    private EtcdError Refused(string user, AuthRefusalReason reason, EtcdError error)
    {
        _security.OnRefused?.Invoke(user.Length <= ToldNameMax ? user : user[..ToldNameMax] + "…", reason);
        return error;
    }

    private ValueTask<Reply> AssignAsync(ServerCall call, AuthTable table, string user)
    {
        if (_security.Tokens.AreAssignedByTheLog)
        {
            var grant = new TokenGrant { User = user, TokenPrefix = RandomNumberGenerator.GetString(TokenLetters, TokenPrefixLength) };
            return gateway.ProposeForNobodyAsync(call, CommandKind.Authenticate, grant.ToByteArray());
        }

        var token = _security.Tokens.Sign(user, table.Revision);
        return ValueTask.FromResult(token is null
            ? new Reply { Error = EtcdErrors.VerifyOnly }
            : new Reply { Body = new AuthenticateResponse { Token = token }.ToByteArray() });
    }
}

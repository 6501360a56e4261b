using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using KvStore.Api.Members;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Api.Security;

/// <summary>
/// Establishes who a caller is: by its token, or without one by its certificate. Identity only: a write carries it into the log and
/// is judged there, in order with the changes of users and roles; a read is judged against the state it reads.
/// </summary>
internal sealed class CallerIdentity(IMember member, CallerSecurity security, Func<ServerCall, ValueTask<Reply>> untilCurrent)
{
    private const string TokenHeader = "token";

    // What the JSON gateway hands on, under the name that HTTP has for it.
    private const string AuthorizationHeader = "authorization";
    private const string BearerPrefix = "Bearer ";

    // etcd's gateway has a certificate of its own, which says nothing about who called it (CVE-2018-16886).
    private const string GatewayHeader = "grpcgateway-accept";

    private readonly ConditionalWeakTable<X509Certificate2, string> _names = [];

    /// <summary>The auth state of this member now; with authentication off, there is nobody to establish.</summary>
    public AuthTable Table => member.Auth;

    public CallerSecurity Security => security;

    /// <summary>False when the token may be one that this member has yet to hear of: then <see cref="IdentifyAsync"/> finds out.</summary>
    public bool TryIdentify(ServerCall call, out Identity identity)
    {
        var table = member.Auth;
        if (!table.IsEnabled)
        {
            identity = new Identity(table, Caller.None, Error: null);
            return true;
        }

        if (TokenOf(call) is not { } token)
        {
            identity = new Identity(table, ByCertificate(call, table), Error: null);
            return true;
        }

        // Read before the token is looked up: a token that is assigned in between must not count as unknown.
        var applied = member.Status.AppliedIndex;
        if (security.Tokens.TryIdentify(token, table.Revision, out var caller))
        {
            identity = new Identity(table, caller, Error: null);
            return true;
        }

        identity = Refused(table);
        var mayComeYet = security.Tokens.TryGetIndex(token, out var index) && index > applied;
        if (!mayComeYet)
            security.OnRefused?.Invoke("", AuthRefusalReason.InvalidToken);
        return !mayComeYet;
    }

    /// <summary>As <see cref="TryIdentify"/>; waits until this member has applied what was committed when it was asked.</summary>
    public ValueTask<Identity> IdentifyAsync(ServerCall call) =>
        TryIdentify(call, out var identity) ? new ValueTask<Identity>(identity) : IdentifyLaterAsync(call);

    /// <summary>Null when the caller has the root role, or authentication is off.</summary>
    public async ValueTask<EtcdError?> CheckRootAsync(ServerCall call) => (await IdentifyAsync(call).ConfigureAwait(false)).CheckRoot();

    /// <summary>Null when the caller is any user, or authentication is off.</summary>
    public async ValueTask<EtcdError?> CheckKnownAsync(ServerCall call) => (await IdentifyAsync(call).ConfigureAwait(false)).CheckKnown();

    private static Identity Refused(AuthTable table) => new(table, Caller.None, EtcdErrors.InvalidAuthToken);

    private async ValueTask<Identity> IdentifyLaterAsync(ServerCall call)
    {
        if ((await untilCurrent(call).ConfigureAwait(false)).Error is { } error)
            return new Identity(member.Auth, Caller.None, error);
        return TryIdentify(call, out var identity) ? identity : Refused(member.Auth);
    }

    private static string? TokenOf(ServerCall call)
    {
        var header = call.Header(TokenHeader) ?? call.Header(AuthorizationHeader);
        return header is not null && header.StartsWith(BearerPrefix, StringComparison.Ordinal) ? header[BearerPrefix.Length..] : header;
    }

    private Caller ByCertificate(ServerCall call, AuthTable table)
    {
        if (!security.UsesCertificates || call.Header(GatewayHeader) is not null || call.PeerCertificate is not { } certificate)
            return Caller.None;
        var name = _names.GetValue(certificate, static known => CertificateNames.CommonName(known) ?? "");
        if (name.Length == 0)
            security.OnRefused?.Invoke("", AuthRefusalReason.CertificateWithoutName);
        return new Caller(name, table.Revision);
    }
}

using Google.Protobuf;
using KvStore.Api.Members;
using KvStore.Grpc.Server;
using KvStore.Protocol;
using KvStore.Protocol.Commands;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Maintenance;

/// <summary>
/// Downgrade: allows the members to be replaced by those of the minor version before. The cluster then speaks that version, which
/// the leader sees to; what a member of this version stores is the same in both.
/// </summary>
internal sealed class DowngradeCalls(IMember member, NodeGateway gateway, ResponseHeaders headers)
{
    public async ValueTask<DowngradeResponse?> AnswerAsync(ServerCall call, DowngradeRequest request)
    {
        if (call.IsRefused(await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false)))
            return null;
        var error = request.Action switch
        {
            DowngradeRequest.Types.DowngradeAction.Validate => await CheckAsync(call, request.Version).ConfigureAwait(false),
            DowngradeRequest.Types.DowngradeAction.Enable => await EnableAsync(call, request.Version).ConfigureAwait(false),
            DowngradeRequest.Types.DowngradeAction.Cancel => await CancelAsync(call).ConfigureAwait(false),
            _ => EtcdErrors.UnknownMethod,
        };
        if (call.IsRefused(error))
            return null;
        return new DowngradeResponse { Header = headers.Current(), Version = TryReadVersion(member.Status.ClusterVersion, out var now) ? $"{now.Major}.{now.Minor}" : "" };
    }

    private async ValueTask<EtcdError?> CheckAsync(ServerCall call, string version)
    {
        if (!TryReadVersion(version, out var target))
            return EtcdErrors.WrongDowngradeVersionFormat;
        if ((await gateway.ReadAsync(call).ConfigureAwait(false)).Error is { } unread)
            return unread;
        var status = member.Status;
        if (!TryReadVersion(status.ClusterVersion, out var cluster))
            return EtcdErrors.ClusterVersionUnavailable;
        if (target.Major != cluster.Major || target.Minor != cluster.Minor - 1)
            return EtcdErrors.InvalidDowngradeTargetVersion;
        return status.DowngradeTarget.Length > 0 ? EtcdErrors.DowngradeInProcess : null;
    }

    private async ValueTask<EtcdError?> EnableAsync(ServerCall call, string version)
    {
        if (await CheckAsync(call, version).ConfigureAwait(false) is { } refused)
            return refused;
        TryReadVersion(version, out var target);
        return await ProposeAsync(call, new Downgrade { Enabled = true, TargetVersion = $"{target.Major}.{target.Minor}.0" }).ConfigureAwait(false);
    }

    /// <summary>Where none is under way it is cancelled already: etcd answers so since 3.6.</summary>
    private async ValueTask<EtcdError?> CancelAsync(ServerCall call)
    {
        if ((await gateway.ReadAsync(call).ConfigureAwait(false)).Error is { } unread)
            return unread;
        return member.Status.DowngradeTarget.Length == 0 ? null : await ProposeAsync(call, new Downgrade()).ConfigureAwait(false);
    }

    private async ValueTask<EtcdError?> ProposeAsync(ServerCall call, Downgrade downgrade) =>
        (await gateway.ProposeForNobodyAsync(call, CommandKind.Downgrade, downgrade.ToByteArray()).ConfigureAwait(false)).Error;

    /// <summary>major.minor or a semantic version; only its first two numbers count.</summary>
    private static bool TryReadVersion(string text, out (uint Major, uint Minor) version)
    {
        version = default;
        var parts = text.Split('-', '+')[0].Split('.');
        if (parts.Length is not (2 or 3) || !Array.TrueForAll(parts, IsNumber))
            return false;
        version = (uint.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), uint.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        return true;
    }

    private static bool IsNumber(string part) =>
        part.Length is > 0 and < 9 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0');
}

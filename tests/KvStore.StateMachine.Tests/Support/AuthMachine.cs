using Google.Protobuf;
using KvStore.Protocol;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;

namespace KvStore.StateMachine.Tests.Support;

/// <summary>A replica with users. Until authentication is on, everybody may do everything; afterwards changes are root's.</summary>
internal sealed class AuthMachine : IDisposable
{
    public AuthMachine(ApplierOptions? options = null) => Machine = new Machine(options);

    public Machine Machine { get; }

    public Caller Caller(string user) => new(user, Machine.Applier.Auth.Revision);

    /// <summary>Why a request of a user's is refused; null when it is carried out.</summary>
    public EtcdError? Refusal(string user, CommandKind kind, IMessage request) => Machine.ApplyAs(Caller(user), kind, request).Error;

    public void Done(string user, CommandKind kind, IMessage request) => Assert.Null(Refusal(user, kind, request));

    public void AddUser(string user, string role)
    {
        Done("root", CommandKind.UserAdd, new AuthUserAddRequest { Name = user, HashedPassword = "aGFzaA==" });
        if (role != "root")
            Done("root", CommandKind.RoleAdd, new AuthRoleAddRequest { Name = role });
        Done("root", CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = user, Role = role });
    }

    public void Grant(string role, Permission.Types.Type type, string key, string end = "") =>
        Done("root", CommandKind.RoleGrantPermission, new AuthRoleGrantPermissionRequest
        {
            Name = role, Perm = new Permission { PermType = type, Key = Machine.Bytes(key), RangeEnd = Machine.Bytes(end) },
        });

    public void Enable()
    {
        if (Machine.Applier.Auth.FindUser("root") is null)
            AddUser("root", "root");
        Done("root", CommandKind.AuthEnable, new AuthEnableRequest());
    }

    /// <summary>A lease with a key that only root may write.</summary>
    public void LeaseWithForeignKey(long lease)
    {
        Done("root", CommandKind.LeaseGrant, new LeaseGrantRequest { ID = lease, TTL = 100 });
        Done("root", CommandKind.Put, new PutRequest { Key = Machine.Bytes("secret"), Lease = lease });
    }

    public void Dispose() => Machine.Dispose();
}

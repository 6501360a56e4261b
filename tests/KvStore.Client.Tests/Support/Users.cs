using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;

namespace KvStore.Client.Tests.Support;

/// <summary>The users of the tests that log in.</summary>
internal static class Users
{
    /// <summary>root, and a user (password: secret) who may read and write below own/; from then on both are asked for.</summary>
    public static async Task EnableAsync(KvClient client)
    {
        await client.Auth.UserAddAsync(new AuthUserAddRequest { Name = "root", Password = "root" });
        await client.Auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        await client.Auth.UserAddAsync(new AuthUserAddRequest { Name = "user", Password = "secret" });
        await client.Auth.RoleAddAsync(new AuthRoleAddRequest { Name = "owner" });
        var own = KeyRange.Prefix("own/");
        await client.Auth.RoleGrantPermissionAsync(new AuthRoleGrantPermissionRequest
        {
            Name = "owner",
            Perm = new Permission { Key = own.Key, RangeEnd = own.End, PermType = Permission.Types.Type.Readwrite },
        });
        await client.Auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "user", Role = "owner" });
        await client.Auth.EnableAsync(new AuthEnableRequest());
    }
}

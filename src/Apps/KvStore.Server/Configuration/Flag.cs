namespace KvStore.Server.Configuration;

/// <summary>One setting: a command-line flag and the environment variable of the same name.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="Kind">How its value is read.</param>
/// <param name="Default">As printed by --help.</param>
/// <param name="Help">One sentence, with the unit.</param>
/// <param name="Effect">What setting it does here.</param>
/// <param name="Note">Why it is inert or refused.</param>
internal sealed record Flag(string Name, FlagKind Kind, string Default, string Help, FlagEffect Effect = FlagEffect.Effective, string Note = "")
{
    /// <summary>ETCD_ and the name in capitals with underscores, as etcd has it.</summary>
    public string EnvironmentName { get; } = FlagTable.EnvironmentNameOf(Name);
}

namespace KvStore.Interop.Tests.Ctl;

/// <summary>
/// Which lines of a script start the tool as a process. kvctl can be called in the test's own process, too, where it need not be started
/// and compiled hundreds of times; only what its Main does is not shown there.
/// </summary>
internal enum ToolStart
{
    Always,

    /// <summary>Each line in its first format, and what a process must be.</summary>
    FirstFormat,

    /// <summary>What has to do with signals, terminals, variables, files, other programs, and the choice of certificates.</summary>
    WhereNeeded,
}

using KvStore.Testing.Scripts;

namespace KvStore.Raft.Tests.Scripts;

/// <summary>Every file in testdata is a script with its transcript; set KVSTORE_REWRITE=1 to accept what comes out.</summary>
public sealed class RaftScriptTests
{
    private const string Project = "KvStore.Raft.Tests";

    public static TheoryData<string> Files => [.. Transcript.FilesOf(Project)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Script_Run_GivesItsTranscript(string file) =>
        Transcript.Run(Transcript.PathOf(Project, file), new ScriptedCluster().Run);

    // A job that runs nothing must not be green (C18).
    [Fact]
    public void Scripts_InTestdata_AreAtLeastForty() => Assert.True(Transcript.FilesOf(Project).Count() >= 40);
}

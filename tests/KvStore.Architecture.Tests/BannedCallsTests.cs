using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace KvStore.Architecture.Tests;

/// <summary>Core calls nothing that blocks, waits, reads a clock, draws an unseeded number or touches the outside.</summary>
public sealed class BannedCallsTests
{
    private readonly List<string> _banned = [];
    private readonly List<(string Assembly, string Pattern)> _lifted = [];

    public BannedCallsTests()
    {
        foreach (var line in File.ReadLines(Path.Combine(Checkout.Root, "tests/KvStore.Architecture.Tests/banned-in-core.txt")))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line.StartsWith("allow: ", StringComparison.Ordinal))
            {
                var words = line["allow: ".Length..].Split(' ');
                _lifted.Add((words[0], words[1]));
            }
            else
            {
                _banned.Add(line);
            }
        }
    }

    [Fact]
    public void CoreAssemblies_UseNothingBanned()
    {
        var graph = ReferenceGraph.Load();
        var found = from project in graph.Allowed.Keys
                    where graph.IsCore(project)
                    from use in Uses(Assemblies.PathOf(project))
                    where _banned.Exists(pattern => Matches(pattern, use)) && !IsLifted("KvStore." + project, use)
                    select $"KvStore.{project} uses {use.Type}::{use.Member}";
        Assert.Empty(found.Distinct());
    }

    [Fact]
    public void Matching_SeesTypesNamespacesAndMembers()
    {
        Assert.True(Matches("System.IO.", new Use("System.IO.File", "Open")));
        Assert.True(Matches("System.Random", new Use("System.Random", "Next")));
        Assert.True(Matches("System.DateTime::get_Now", new Use("System.DateTime", "get_Now")));
        Assert.False(Matches("System.DateTime::get_Now", new Use("System.DateTime", "get_Ticks")));
    }

    [Fact]
    public void ABannedCall_IsFoundInAnAssemblyThatMakesIt() =>
        Assert.Contains(Uses(typeof(BannedCallsTests).Assembly.Location), use => Matches("System.IO.", use));

    private bool IsLifted(string assembly, Use use) =>
        _lifted.Exists(lift => (lift.Assembly == "*" || lift.Assembly == assembly) && (lift.Pattern == "*" || Matches(lift.Pattern, use)));

    private static bool Matches(string pattern, Use use) =>
        pattern.EndsWith('.') ? use.Type.StartsWith(pattern, StringComparison.Ordinal)
        : pattern.Contains("::", StringComparison.Ordinal) ? pattern == $"{use.Type}::{use.Member}"
        : pattern == use.Type;

    private static List<Use> Uses(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        var uses = new List<Use>();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (TypeName(metadata, member.Parent) is { } type)
                uses.Add(new Use(type, metadata.GetString(member.Name)));
        }

        return uses;
    }

    private static string? TypeName(MetadataReader metadata, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeReference)
        {
            var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
            return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
        }

        if (parent.Kind != HandleKind.TypeSpecification)
            return null;
        var specification = metadata.GetTypeSpecification((TypeSpecificationHandle)parent);
        var bytes = metadata.GetBlobReader(specification.Signature);
        // A generic instance: GENERICINST, CLASS or VALUETYPE, then the coded type (ECMA-335 II.23.2.12).
        if (bytes.ReadByte() != 0x15)
            return null;
        bytes.ReadByte();
        return TypeName(metadata, bytes.ReadTypeHandle());
    }

    private readonly record struct Use(string Type, string Member);
}

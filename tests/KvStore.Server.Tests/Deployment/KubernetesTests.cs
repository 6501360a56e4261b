using System.Globalization;
using KvStore.Server.Configuration;
using KvStore.Testing.Processes;
using YamlDotNet.RepresentationModel;

namespace KvStore.Server.Tests.Deployment;

/// <summary>The manifests start a member: their variables are read by the server's own reader, and their probes ask paths that it answers.</summary>
public sealed class KubernetesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Folder = Path.Combine(Checkout.Root, "deploy/kubernetes");

    [Fact]
    public void Manifests_AreThoseOfTheKustomization()
    {
        var listed = ((YamlSequenceNode)Documents("kustomization.yaml").Single()["resources"]).Select(node => node.ToString()).Order(StringComparer.Ordinal);
        var there = Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileName(file)).Where(name => name != "kustomization.yaml");
        Assert.Equal(there.Order(StringComparer.Ordinal), listed);
        Assert.All(listed.SelectMany(Documents), document => Assert.NotNull(document["apiVersion"].ToString() + document["kind"] + document["metadata"]["name"]));
    }

    [Fact]
    public void SelectorsAndPorts_AreThoseOfThePods()
    {
        var pod = StatefulSet()["spec"]["template"];
        var label = pod["metadata"]["labels"]["app.kubernetes.io/name"].ToString();
        var ports = ((YamlSequenceNode)Container()["ports"]).ToDictionary(port => port["name"].ToString(), port => port["containerPort"].ToString());
        foreach (var service in Documents("services.yaml"))
        {
            Assert.Equal(label, service["spec"]["selector"]["app.kubernetes.io/name"].ToString());
            Assert.All((YamlSequenceNode)service["spec"]["ports"], port => Assert.Equal(ports[port["name"].ToString()], port["port"].ToString()));
        }

        Assert.Equal(label, Documents("disruption-budget.yaml").Single()["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"].ToString());
        Assert.Contains(StatefulSet()["spec"]["serviceName"].ToString(), Documents("services.yaml").Select(service => service["metadata"]["name"].ToString()));
    }

    /// <summary>The whole environment of pod 1, as the kubelet puts it together, makes the options of that member.</summary>
    [Fact]
    public async Task Environment_MakesTheMembersOptions()
    {
        using var secret = new TestFolder();
        foreach (var arguments in new[] { new[] { "ca" }, ["member", "tls", "localhost"] })
            await TestCertificates.MakeAsync(secret.Path, arguments);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in ((YamlSequenceNode)Container()["env"]).Cast<YamlMappingNode>())
        {
            var value = variable.Children.TryGetValue("value", out var given) ? given.ToString() : ValueFrom((YamlMappingNode)variable["valueFrom"]);
            foreach (var (name, earlier) in environment)
                value = value.Replace($"$({name})", earlier, StringComparison.Ordinal);
            Assert.DoesNotContain("$(", value, StringComparison.Ordinal);
            environment[variable["name"].ToString()] = value.Replace("/certs/server", secret.Path, StringComparison.Ordinal);
        }

        var settings = Settings.Join(CommandLine.Read([]), environment.Where(pair => pair.Key.StartsWith("ETCD_", StringComparison.Ordinal)).ToDictionary());
        var options = ServerOptionsReader.Read(settings);
        Assert.Empty(settings.Warnings);
        Assert.Equal("kvstore-1", options.Name);
        Assert.Equal(int.Parse(StatefulSet()["spec"]["replicas"].ToString(), CultureInfo.InvariantCulture), options.InitialCluster.Count);
        Assert.Equal(MemoryBudget.Of(4L << 30, machineBytes: 1), options.Memory);
        Assert.Equal(["https://kvstore-1.kvstore-peers.prod.svc:2379"], options.AdvertiseClient.Select(url => url.ToString()));
    }

    [Fact]
    public async Task Probes_AskPathsThatAnswer()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync(Patience);
        using var http = new HttpClient();
        foreach (var probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
        {
            var get = Container()[probe]["httpGet"];
            Assert.Equal("metrics", get["port"].ToString());
            Assert.Equal("ok\n", await http.GetStringAsync(new Uri($"http://{member.Endpoint}{get["path"]}")));
        }
    }

    private static string ValueFrom(YamlMappingNode source) => source.Children.TryGetValue("fieldRef", out var field)
        ? FieldOf(field["fieldPath"].ToString())
        : ResourceOf(source["resourceFieldRef"]["resource"].ToString());

    /// <summary>As the kubelet tells it: a whole number of bytes.</summary>
    private static string ResourceOf(string path)
    {
        Assert.Equal("limits.memory", path);
        var limit = Container()["resources"]["limits"]["memory"].ToString();
        Assert.EndsWith("Gi", limit, StringComparison.Ordinal);
        return (long.Parse(limit[..^2], CultureInfo.InvariantCulture) << 30).ToString(CultureInfo.InvariantCulture);
    }

    private static string FieldOf(string path) => path switch
    {
        "metadata.name" => "kvstore-1",
        "metadata.namespace" => "prod",
        _ => throw new InvalidOperationException($"no field {path}"),
    };

    private static YamlNode StatefulSet() => Documents("statefulset.yaml").Single();

    private static YamlNode Container() => ((YamlSequenceNode)StatefulSet()["spec"]["template"]["spec"]["containers"]).Single();

    private static IEnumerable<YamlNode> Documents(string file)
    {
        var stream = new YamlStream();
        using var reader = new StreamReader(Path.Combine(Folder, file));
        stream.Load(reader);
        return stream.Documents.Select(document => document.RootNode);
    }
}

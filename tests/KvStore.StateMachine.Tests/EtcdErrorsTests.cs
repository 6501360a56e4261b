using System.Reflection;
using KvStore.Protocol;

namespace KvStore.StateMachine.Tests;

/// <summary>The table of errors against the list taken from etcd: no text missing, none changed by a hand that slipped.</summary>
public sealed class EtcdErrorsTests
{
    // etcd's server sends these with code Unknown although its table says otherwise.
    private static readonly string[] SentAsUnknown =
    [
        "etcdserver: re-configuration failed due to not enough started members",
        "etcdserver: too many requests",
    ];

    public static TheoryData<string, string> Table
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "testdata", "etcd-errors.txt")).Where(line => line[0] != '#'))
                rows.Add(line.Split('|')[0], line.Split('|')[1]);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void EveryErrorOfEtcd_IsInTheTable_WithItsCode(string code, string text)
    {
        var error = Assert.Single(All(), error => error.Text == text);
        Assert.Equal(SentAsUnknown.Contains(text) ? GrpcCode.Unknown : Enum.Parse<GrpcCode>(code), error.Code);
    }

    [Fact]
    public void Table_IsWhole() => Assert.Equal(63, Table.Count);

    [Fact]
    public void NoTextTwice() => Assert.Equal(All().Count, All().Select(error => error.Text).Distinct().Count());

    private static List<EtcdError> All() =>
        [.. typeof(EtcdErrors).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (EtcdError)field.GetValue(null)!)];
}

using System.Globalization;

namespace KvStore.RocksDb.Tests;

/// <summary>The test assembly run as a program: writes until it is killed.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args is not ["write-until-killed", var directory, var flushEvery])
            return 1;
        NumberedBatches.WriteUntilKilled(directory, int.Parse(flushEvery, CultureInfo.InvariantCulture), Console.Out);
        return 0;
    }
}

namespace KvStore.Server.Configuration;

internal enum CommandLineAction
{
    Serve,
    Help,
    Version,
}

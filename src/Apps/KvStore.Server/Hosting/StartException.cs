namespace KvStore.Server.Hosting;

/// <summary>The member cannot start: one clear line for the operator (a port in use, another cluster's data, a bad certificate).</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);

using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("KvStore.Grpc.Tests")]

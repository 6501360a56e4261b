using System.Runtime.CompilerServices;

// The three projects of the room share what is on the wire and nothing else needs (architecture B9).
[assembly: InternalsVisibleTo("KvStore.Grpc.Server")]
[assembly: InternalsVisibleTo("KvStore.Grpc.Client")]

namespace KvStore.Grpc;

/// <summary>Where certificates lie (PEM). Null means: none of that kind.</summary>
public sealed record TlsFiles(string? CertificateFile, string? KeyFile, string? CaFile, string? CrlFile);

namespace KvStore.Server.Configuration;

/// <summary>One switch of --feature-gates.</summary>
/// <param name="Name">As etcd spells it.</param>
/// <param name="Default">Without being named.</param>
/// <param name="IsBeta">Whether AllBeta sets it; otherwise AllAlpha does.</param>
/// <param name="Note">Why it changes nothing here; empty when it is effective.</param>
internal sealed record FeatureGate(string Name, bool Default, bool IsBeta, string Note);

namespace KvStore.Api.Security;

/// <summary>Why somebody was not let in, for the log of the operator. The caller is told less: etcd's one text for all (TOB-009).</summary>
public enum AuthRefusalReason
{
    UnknownUser,
    WrongPassword,

    /// <summary>The user exists for certificates only.</summary>
    UserWithoutPassword,

    /// <summary>A token that is unknown here, expired, or badly signed.</summary>
    InvalidToken,

    /// <summary>A certificate without a common name where one would have said who the caller is.</summary>
    CertificateWithoutName,
}

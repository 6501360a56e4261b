using KvStore.Protocol.Etcd;
using KvStore.Protocol.Memberships;

namespace KvStore.Ctl.Commands;

/// <summary>Where a replacement stands, read off the members alone. Nothing of an earlier run of the command is needed.</summary>
internal sealed record ReplacementStand
{
    /// <summary>The member that is to go; null once it is gone.</summary>
    public MemberProgress? Replaced { get; private init; }

    /// <summary>The member with the new addresses; null before it is added.</summary>
    public MemberProgress? Joining { get; private init; }

    public required IReadOnlyList<Member> Members { get; init; }

    public ulong LastIndex { get; private init; }

    /// <summary>The new member votes, the old one is gone, and no joint membership is left behind.</summary>
    public bool IsDone { get; private init; }

    /// <summary>
    /// It is not added yet, or as a learner that does not know whose place it is to take; or the addresses are another's, which the
    /// cluster refuses.
    /// </summary>
    public bool IsToBeAsked => Joining is null || Joining.Replaces != Replaced?.Member.ID;

    /// <summary>Throws where the command's words fit nobody, now or before.</summary>
    public static ReplacementStand Of(ProgressResponse seen, string oldMember, string[] urls)
    {
        var joining = seen.Members.FirstOrDefault(member => member.Member.PeerURLs.Order(StringComparer.Ordinal).SequenceEqual(urls, StringComparer.Ordinal));
        // The new one may bear the old one's name.
        var replaced = Find(seen.Members.Where(member => member != joining), oldMember);
        var wasReplaced = replaced is null && joining is { Replaces: > 0 } && seen.Removed.Contains(joining.Replaces) && IsOrWas(joining.Replaces, oldMember);
        if (replaced is null && !wasReplaced && joining is not null && Find([joining], oldMember) is not null)
            throw new CtlException(ExitCode.Error, $"member {oldMember} has these peer URLs itself");
        if (replaced is null && !wasReplaced)
            throw new CtlException(ExitCode.Error, $"no member has the ID or name {oldMember}");
        if (replaced is { Member.IsLearner: true })
            throw new CtlException(ExitCode.Error, $"member {oldMember} is a learner: remove it and add another");
        return new ReplacementStand
        {
            Replaced = replaced,
            Joining = joining,
            Members = [.. seen.Members.Select(static member => member.Member)],
            LastIndex = seen.LastIndex,
            IsDone = wasReplaced && joining is { Member.IsLearner: false, Changing: false },
        };
    }

    private static MemberProgress? Find(IEnumerable<MemberProgress> members, string idOrName)
    {
        var fitting = members.Where(member => GoText.Of(member.Member.Name) == idOrName || IsId(idOrName, member.Member.ID)).ToList();
        return fitting.Count < 2 ? fitting.FirstOrDefault() : throw new CtlException(ExitCode.BadArguments, $"several members are called {idOrName}: give the ID");
    }

    /// <summary>Names of members that are gone are not kept: a word that is no id may have been one.</summary>
    private static bool IsOrWas(ulong id, string idOrName) => !GoNumbers.TryParseHexUInt64(idOrName, out var given, out _) || given == id;

    private static bool IsId(string text, ulong id) => GoNumbers.TryParseHexUInt64(text, out var given, out _) && given == id;
}

using Google.Protobuf;
using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Commands;
using KvStore.Protocol.Snapshots;

namespace KvStore.StateMachine;

/// <summary>Membership, the members' own attributes, the cluster version: one source of truth, in the batch of its entry (C3).</summary>
internal sealed class ClusterApplier
{
    private readonly MvccWriter _writer;

    public ClusterApplier(MvccWriter writer, IOrderedStore store)
    {
        _writer = writer;
        State = new ClusterState
        {
            Id = ClusterRecords.LoadClusterId(store),
            Members = ClusterRecords.LoadMembers(store),
            Version = ClusterRecords.LoadVersion(store),
            DowngradeTarget = ClusterRecords.LoadDowngrade(store),
        };
    }

    public ClusterState State { get; private set; }

    /// <summary>The answer of MemberAdd has the new member in field 2 and all in 3, those of the others have all in 2.</summary>
    public EtcdError? ApplyMembership(MembershipCommand change, ByteWriter body)
    {
        if (State.Members.TryChange(change, out var changed) is { } error)
            return error;
        ClusterRecords.PutChanges(_writer.Batch, State.Members, changed);
        State = State with { Members = changed };

        var listField = 2;
        if (change.Steps.Count > 0 && IsAdd(change.Steps[0]))
        {
            var found = changed.TryGet(new MemberId(change.Steps[0].Member.Id), out var added);
            Check.That(found, "a member that was added belongs to the cluster");
            body.WriteMessageField(2, added.ToMessage().ToByteArray());
            listField = 3;
        }

        foreach (var member in changed.Members)
            body.WriteMessageField(listField, member.ToMessage().ToByteArray());
        return null;
    }

    /// <summary>Raft's own entry: the joint membership is left.</summary>
    public void LeaveJoint()
    {
        var settled = State.Members.LeaveJoint();
        if (ReferenceEquals(settled, State.Members))
            return;
        ClusterRecords.PutChanges(_writer.Batch, State.Members, settled);
        State = State with { Members = settled };
    }

    /// <summary>A member publishes its name and client URLs. One that is removed meanwhile is passed over (C1).</summary>
    public void ApplyAttributes(ReadOnlySpan<byte> request)
    {
        var attributes = MemberAttributes.Parser.ParseFrom(request);
        if (!State.Members.TryGet(new MemberId(attributes.MemberId), out var member))
            return;
        var named = member with { Name = attributes.Name, ClientUrls = [.. attributes.ClientUrls] };
        ClusterRecords.PutMember(_writer.Batch, named);
        State = State with { Members = State.Members.With(named) };
    }

    public void ApplyVersion(ReadOnlySpan<byte> request)
    {
        var version = ClusterVersion.Parser.ParseFrom(request).Version;
        ClusterRecords.PutVersion(_writer.Batch, version);
        State = State with { Version = version };
    }

    public void ApplyDowngrade(ReadOnlySpan<byte> request)
    {
        var downgrade = Downgrade.Parser.ParseFrom(request);
        var target = downgrade.Enabled ? downgrade.TargetVersion : "";
        ClusterRecords.PutDowngrade(_writer.Batch, target);
        State = State with { DowngradeTarget = target };
    }

    private static bool IsAdd(MembershipStep step) =>
        step.Kind is MembershipStep.Types.Kind.AddVoter or MembershipStep.Types.Kind.AddLearner;
}

using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;
using Type = KvStore.Protocol.Auth.Permission.Types.Type;

namespace KvStore.StateMachine.Tests.Auth;

/// <summary>What a caller may do with keys, at apply.</summary>
public sealed class KeyAccessTests : IDisposable
{
    private readonly AuthMachine _state = new();

    public KeyAccessTests()
    {
        _state.AddUser("alice", "app");
        _state.Grant("app", Type.Readwrite, "a/", "a0");
        _state.Grant("app", Type.Read, "r");
        _state.Grant("app", Type.Write, "w");
        _state.Enable();
    }

    public void Dispose() => _state.Dispose();

    [Theory]
    [InlineData("a/1", "", true, true)]
    [InlineData("a/", "a0", true, true)]
    [InlineData("a/", "a00", false, false)]
    [InlineData("a0", "", false, false)]
    [InlineData("a/", "\0", false, false)]
    [InlineData("r", "", true, false)]
    [InlineData("r", "r\0", true, false)]
    [InlineData("r", "r\0\0", false, false)]
    [InlineData("w", "", false, true)]
    [InlineData("b", "", false, false)]
    public void Check_OfARange_IsWhatTheRoleCovers(string key, string end, bool reads, bool writes)
    {
        var access = _state.Machine.Applier.Auth.AccessOf(_state.Caller("alice"));
        var (keyBytes, endBytes) = (Machine.Bytes(key), Machine.Bytes(end));
        Assert.Equal(reads ? null : EtcdErrors.PermissionDenied, access.CheckRead(keyBytes.Span, endBytes.Span));
        Assert.Equal(writes ? null : EtcdErrors.PermissionDenied, access.CheckWrite(keyBytes.Span, endBytes.Span));
    }

    [Fact]
    public void Check_OfNeighbouringGrants_CoversThemTogether()
    {
        _state.Grant("app", Type.Read, "c", "d");
        _state.Grant("app", Type.Read, "d", "e");
        _state.Grant("app", Type.Read, "e");
        var access = _state.Machine.Applier.Auth.AccessOf(_state.Caller("alice"));
        Assert.Null(access.CheckRead("c"u8, "e\0"u8));
        Assert.Equal(EtcdErrors.PermissionDenied, access.CheckRead("c"u8, "f"u8));
    }

    [Fact]
    public void Put_ByCallers_IsRefusedForTheReasonEtcdGives()
    {
        var put = new PutRequest { Key = Machine.Bytes("a/1") };
        Assert.Null(_state.Refusal("alice", CommandKind.Put, put));
        Assert.Equal(EtcdErrors.UserEmpty, _state.Machine.Apply(CommandKind.Put, put).Error);
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("nobody", CommandKind.Put, put));
        // C13: an outdated revision is refused by every member alike.
        var outdated = new Caller("alice", new AuthRevision(1));
        Assert.Equal(EtcdErrors.AuthOldRevision, _state.Machine.ApplyAs(outdated, CommandKind.Put, put).Error);
        Assert.Equal(EtcdErrors.AuthOldRevision, _state.Machine.ApplyAs(new Caller("root", new AuthRevision(1)), CommandKind.Put, put).Error);
    }

    [Fact]
    public void PreviousValue_NeedsReadPermission()
    {
        Assert.Null(_state.Refusal("alice", CommandKind.Put, new PutRequest { Key = Machine.Bytes("w") }));
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.Put, new PutRequest { Key = Machine.Bytes("w"), PrevKv = true }));
        Assert.Null(_state.Refusal("alice", CommandKind.DeleteRange, new DeleteRangeRequest { Key = Machine.Bytes("w") }));
        Assert.Equal(
            EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.DeleteRange, new DeleteRangeRequest { Key = Machine.Bytes("w"), PrevKv = true }));
    }

    /// <summary>
    /// CVE-2026-33343, CVE-2026-44283: an operation in a transaction, however deep and in whichever branch, needs what it needs on
    /// its own, the former value and the lease included.
    /// </summary>
    [Fact]
    public void Txn_OfAnyOperation_IsJudgedAsTheOperationAlone()
    {
        _state.LeaseWithForeignKey(7);
        foreach (var (kind, op) in Operations())
        {
            var alone = _state.Refusal("alice", kind, OperationOf(op));
            foreach (var txn in new[] { Success(op), Failure(op), Success(Nested(Success(op))), Failure(Nested(Failure(op))), Success(Nested(Success(Nested(Failure(op))))) })
            {
                var together = _state.Refusal("alice", CommandKind.Txn, txn);
                // What else is wrong with an operation on the way not taken is never found out.
                Assert.Equal(alone == EtcdErrors.PermissionDenied, together == EtcdErrors.PermissionDenied);
            }
        }
    }

    [Fact]
    public void Txn_RangesAndCompares_NeedReadPermission()
    {
        Assert.Null(_state.Refusal("alice", CommandKind.Txn, WithWrite(Compare("r"))));
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.Txn, WithWrite(Compare("w"))));
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.Txn, WithWrite(Compare("r", "\0"))));
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.Txn, WithWrite(Success(Nested(Compare("secret"))))));
        var range = new RequestOp { RequestRange = new RangeRequest { Key = Machine.Bytes("secret") } };
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.Txn, WithWrite(Failure(range))));
        // CVE-2026-33343: READ on one key is not READ from it on.
        var open = new RequestOp { RequestRange = new RangeRequest { Key = Machine.Bytes("r"), RangeEnd = Machine.Bytes("\0") } };
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.Txn, WithWrite(Success(open))));
    }

    [Fact]
    public void Refused_Txn_ChangesNothing()
    {
        var before = _state.Machine.RangeDone("a/", "a0").Count;
        var txn = Success(PutOp("a/1"));
        txn.Failure.Add(PutOp("secret"));
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.Txn, txn));
        Assert.Equal(before, _state.Machine.RangeDone("a/", "a0").Count);
    }

    /// <summary>Method: keys come and go, by everybody, and rights change; whoever asks is answered as if each key were asked about.</summary>
    [Fact]
    public void LeaseWrite_IsAsThatOfEveryKey_WhateverWasAskedBefore()
    {
        var prng = new Prng(5);
        _state.Done("root", CommandKind.LeaseGrant, new LeaseGrantRequest { ID = 7, TTL = 100 });
        foreach (var user in new[] { "one", "two" })
        {
            _state.AddUser(user, "writes-" + user);
            _state.Grant("writes-" + user, Type.Readwrite, user + "/", user + "0");
        }

        var (allowed, refused) = (0, 0);
        for (var i = 0; i < 4000; i++)
        {
            var key = Machine.Bytes((prng.Below(50) == 0 ? "two/" : "one/") + prng.Below(100));
            switch (prng.Below(40))
            {
                case 0:
                    _state.Done("root", CommandKind.DeleteRange, new DeleteRangeRequest { Key = Machine.Bytes("two/"), RangeEnd = Machine.Bytes("two0") });
                    break;
                case 1:
                    _state.Grant("writes-one", Type.Readwrite, prng.Below(2) == 0 ? "two/5" : "two/7");
                    break;
                case < 10:
                    _state.Done("root", CommandKind.DeleteRange, new DeleteRangeRequest { Key = key });
                    break;
                case < 30:
                    _state.Done("root", CommandKind.Put, new PutRequest { Key = key, Lease = 7 });
                    break;
                default:
                    var applier = _state.Machine.Applier;
                    var user = prng.Below(8) == 0 ? "two" : "one";
                    var access = applier.Auth.AccessOf(_state.Caller(user));
                    var keys = new List<ReadOnlyMemory<byte>>();
                    applier.Leases.CopyKeysTo(new LeaseId(7), keys);
                    var expected = keys.Select(attached => access.CheckWrite(attached.Span, default)).FirstOrDefault(static error => error is not null);
                    Assert.Equal(expected, access.CheckLeaseWrite(new LeaseId(7), applier.Leases));
                    (allowed, refused) = expected is null ? (allowed + 1, refused) : (allowed, refused + 1);
                    break;
            }
        }

        Assert.True(allowed > 100 && refused > 100, $"{allowed} {refused}");
    }

    /// <summary>A put with a lease costs what the lease's new keys cost, not what all of them do: no list of them is made.</summary>
    [Fact]
    public void LeaseWrite_OfTheSameCallerAgain_CopiesNoKeys()
    {
        _state.Done("root", CommandKind.LeaseGrant, new LeaseGrantRequest { ID = 7, TTL = 100 });
        _state.AddUser("one", "writes-one");
        _state.Grant("writes-one", Type.Readwrite, "one/", "one0");
        for (var i = 0; i < 10_000; i++)
            _state.Done("root", CommandKind.Put, new PutRequest { Key = Machine.Bytes("one/" + i), Lease = 7 });
        var access = _state.Machine.Applier.Auth.AccessOf(_state.Caller("one"));
        Assert.Null(access.CheckLeaseWrite(new LeaseId(7), _state.Machine.Leases));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Assert.Null(access.CheckLeaseWrite(new LeaseId(7), _state.Machine.Leases));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Revoke_OfALeaseWithForeignKeys_IsRefused()
    {
        _state.LeaseWithForeignKey(7);
        _state.Done("root", CommandKind.LeaseGrant, new LeaseGrantRequest { ID = 8, TTL = 100 });
        _state.Done("alice", CommandKind.Put, new PutRequest { Key = Machine.Bytes("a/1"), Lease = 8 });
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = 7 }));
        Assert.Equal(EtcdErrors.LeaseNotFound, _state.Refusal("alice", CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = 9 }));
        Assert.Null(_state.Refusal("alice", CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = 8 }));
        // The primary, when it has expired.
        Assert.Null(_state.Machine.Apply(Machine.Entry(_state.Machine.Applier.State.Index.Value + 1, CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = 7 }, id: 0)).Error);
        Assert.Equal(0, _state.Machine.Leases.Count);
    }

    /// <summary>#22386: an alarm refuses for itself, and lets nobody do more than without it.</summary>
    [Theory]
    [InlineData(AlarmType.Nospace)]
    [InlineData(AlarmType.Corrupt)]
    public void Alarm_MakesNoCallerMatterLess(AlarmType alarm)
    {
        _state.Machine.Alarm(AlarmRequest.Types.AlarmAction.Activate, 1, alarm);
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.AuthDisable, new AuthDisableRequest()));
        Assert.Equal(EtcdErrors.UserEmpty, _state.Machine.Apply(CommandKind.AuthDisable, new AuthDisableRequest()).Error);
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("alice", CommandKind.UserAdd, new AuthUserAddRequest { Name = "x" }));
        var refused = alarm == AlarmType.Nospace ? EtcdErrors.PermissionDenied : EtcdErrors.Corrupt;
        Assert.Equal(refused, _state.Refusal("alice", CommandKind.DeleteRange, new DeleteRangeRequest { Key = Machine.Bytes("secret") }));
    }

    [Fact]
    public void Txn_NestedTooDeeply_IsRefusedWithoutOverflow()
    {
        var txn = Success(PutOp("a/1"));
        for (var i = 0; i < 90; i++)
            txn = Success(Nested(txn));
        Assert.Equal(EtcdErrors.TooManyOps, _state.Refusal("alice", CommandKind.Txn, txn));
    }

    private static IEnumerable<(CommandKind Kind, RequestOp Op)> Operations()
    {
        foreach (var key in new[] { "a/1", "r", "w", "secret" })
        {
            foreach (var previous in new[] { false, true })
            {
                foreach (var lease in new[] { 0L, 7L })
                {
                    var put = new PutRequest { Key = Machine.Bytes(key), PrevKv = previous, Lease = lease };
                    yield return (CommandKind.Put, new RequestOp { RequestPut = put });
                }

                foreach (var end in new[] { "", "a0", "\0" })
                {
                    var delete = new DeleteRangeRequest { Key = Machine.Bytes(key), RangeEnd = Machine.Bytes(end), PrevKv = previous };
                    yield return (CommandKind.DeleteRange, new RequestOp { RequestDeleteRange = delete });
                }
            }
        }
    }

    private static IMessage OperationOf(RequestOp op) => (IMessage?)op.RequestPut ?? op.RequestDeleteRange;

    private static RequestOp PutOp(string key) => new() { RequestPut = new PutRequest { Key = Machine.Bytes(key) } };

    private static RequestOp Nested(TxnRequest txn) => new() { RequestTxn = txn };

    private static TxnRequest Success(RequestOp op) => new() { Success = { op } };

    private static TxnRequest Failure(RequestOp op) => new() { Failure = { op } };

    private static TxnRequest Compare(string key, string end = "") => new()
    {
        Compare = { new Compare { Key = Machine.Bytes(key), RangeEnd = Machine.Bytes(end), Target = Protocol.Etcd.Compare.Types.CompareTarget.Version } },
    };

    private static TxnRequest WithWrite(TxnRequest txn)
    {
        txn.Success.Add(PutOp("a/9"));
        return txn;
    }
}

using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Simulation.Disk;

/// <summary>
/// The disk of one simulated member. It outlives the member's processes: <see cref="Kill"/> ends a process and keeps the page
/// cache, <see cref="LosePower"/> keeps what was synced and, by its rule and the seed, some of the rest. Any call can be made the
/// last of a process or made to fail.
/// </summary>
public sealed class SimulatedDisk : IFileSystem
{
    private readonly DirectoryNode _root = new();
    private readonly HashSet<string> _locks = [];
    private readonly Prng _prng;
    private int _boot;
    private bool _dead;

    public SimulatedDisk(Prng prng) => _prng = prng;

    /// <summary>Asked before every call that can fail. Replaced by a test or by the fault plan of a seed.</summary>
    public Func<DiskCall, string, DiskFault> Faults { get; set; } = static (_, _) => DiskFault.None;

    /// <summary>Bytes that all files together may take.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Calls that could have failed, since the disk was made.</summary>
    public long Calls { get; private set; }

    /// <summary>Successful syncs of files, since the disk was made.</summary>
    public long Syncs { get; private set; }

    public long UsedBytes => Sum(_root);

    /// <summary>Makes the nth call from now (1 = the next) go wrong; the calls after it work again.</summary>
    public void FaultOnce(long nth, DiskFault fault)
    {
        var at = Calls + nth;
        Faults = (_, _) => Calls == at ? fault : DiskFault.None;
    }

    /// <summary>Makes the nth call of one kind from now (1 = the next) go wrong.</summary>
    public void FaultOnce(DiskCall kind, int nth, DiskFault fault)
    {
        var left = nth;
        Faults = (call, _) => call == kind && --left == 0 ? fault : DiskFault.None;
    }

    /// <summary>
    /// Something goes wrong at one of the next calls. Renames and syncs of directories are few among writes and syncs: they are
    /// aimed at, or they would hardly ever be met.
    /// </summary>
    public void FaultSoon(Prng chance)
    {
        var fault = (DiskFault)(1 + chance.Below(4));
        switch (chance.Below(4))
        {
            case 0:
                FaultOnce(DiskCall.Sync, 1 + chance.Below(5), fault);
                break;
            case 1:
                FaultOnce(chance.Chance(1, 2) ? DiskCall.Rename : DiskCall.SyncDirectory, 1 + chance.Below(3), fault);
                break;
            default:
                FaultOnce(1 + chance.Below(40), fault);
                break;
        }
    }

    /// <summary>Ends the process: its files and locks are gone, the page cache stays.</summary>
    public void Kill()
    {
        _boot++;
        _dead = false;
        _locks.Clear();
    }

    /// <summary>Ends the process and loses un-synced changes by rule.</summary>
    public void LosePower(PowerLoss loss)
    {
        Kill();
        LosePowerIn(_root, loss);
    }

    /// <summary>What would be there if all power were lost now, nothing un-synced survived and no bit had turned; this disk stays as it is.</summary>
    public SimulatedDisk CopyOfDurable()
    {
        var copy = new SimulatedDisk(new Prng(0));
        _root.CopyDurableTo(copy._root);
        return copy;
    }

    /// <summary>The content of a file as a process sees it, for checks and for damage made by tests.</summary>
    public byte[] ReadAll(string path) => Find<Inode>(path).Cached.ToArray();

    /// <summary>Replaces the durable content of a file.</summary>
    public void WriteAll(string path, ReadOnlySpan<byte> content)
    {
        var inode = new Inode();
        inode.Write(0, content);
        inode.Sync();
        var (directory, name) = Parent(path);
        directory.Set(name, inode);
        directory.Sync();
    }

    public void FlipBit(string path, long offset, int bit) => Find<Inode>(path).FlipBit(offset, bit);

    /// <summary>As <see cref="FlipBit"/>, until <see cref="MendRot"/> puts it back (an operator's copy of the file).</summary>
    public void Rot(string path, long offset, int bit) => Find<Inode>(path).Rot(offset, bit);

    /// <summary>Puts back every bit that turned in a file which is still there.</summary>
    public void MendRot() => MendRotIn(_root);

    public IFile Open(string path)
    {
        Inode? inode = null;
        Call(DiskCall.Open, path, () => inode = Find<Inode>(path));
        return new SimulatedFile(this, inode!, path, _boot);
    }

    public IFile Create(string path)
    {
        var inode = new Inode();
        Call(DiskCall.Create, path, () =>
        {
            var (directory, name) = Parent(path);
            directory.Set(name, inode);
        });
        return new SimulatedFile(this, inode, path, _boot);
    }

    public bool Exists(string path)
    {
        MustBeAlive(_boot);
        return TryFind(path) is not null;
    }

    public IReadOnlyList<string> List(string directory)
    {
        MustBeAlive(_boot);
        return TryFind(directory) is DirectoryNode node ? [.. node.Names.Keys] : [];
    }

    public void CreateDirectory(string path) => Call(DiskCall.CreateDirectory, path, () =>
    {
        var node = _root;
        foreach (var part in Parts(path))
        {
            if (!node.Names.TryGetValue(part, out var next))
            {
                next = new DirectoryNode();
                node.Set(part, next);
            }

            node = next as DirectoryNode ?? throw new StorageException(StorageFailure.Io, $"create directory {path}: {part} is a file");
        }
    });

    public void Rename(string from, string to) => Call(DiskCall.Rename, from, () =>
    {
        var (source, oldName) = Parent(from);
        var (target, newName) = Parent(to);
        if (!source.Names.TryGetValue(oldName, out var node))
            throw new StorageException(StorageFailure.NotFound, $"rename {from}: not found");
        if (ReferenceEquals(source, target))
        {
            source.Rename(oldName, newName, node);
            return;
        }

        target.Set(newName, node);
        source.Remove(oldName);
    });

    public void Delete(string path) => Call(DiskCall.Delete, path, () =>
    {
        if (TryFind(path) is not Inode)
            return;
        var (directory, name) = Parent(path);
        directory.Remove(name);
    });

    public void DeleteDirectory(string path) => Call(DiskCall.DeleteDirectory, path, () =>
    {
        if (TryFind(path) is not DirectoryNode)
            return;
        var (directory, name) = Parent(path);
        directory.Remove(name);
    });

    public void SyncDirectory(string path) => Call(DiskCall.SyncDirectory, path, () => Find<DirectoryNode>(path).Sync());

    public IDisposable Lock(string path)
    {
        Call(DiskCall.Lock, path, () =>
        {
            var (directory, name) = Parent(path);
            if (!directory.Names.ContainsKey(name))
                directory.Set(name, new Inode());
            if (!_locks.Add(path))
                throw new StorageException(StorageFailure.Locked, $"another process holds the lock {path}");
        });
        return new HeldLock(this, path, _boot);
    }

    internal void Call(DiskCall call, string path, Action act)
    {
        switch (Decide(call, path))
        {
            case DiskFault.FailIo:
                throw new StorageException(StorageFailure.Io, $"{call} {path}: simulated I/O error");
            case DiskFault.FailNoSpace:
                throw new StorageException(StorageFailure.NoSpace, $"{call} {path}: simulated lack of space");
            case DiskFault.CrashAfter:
                act();
                throw Crash();
            default:
                act();
                break;
        }
    }

    internal void CallSync(string path, Inode inode)
    {
        try
        {
            Call(DiskCall.Sync, path, inode.Sync);
            Syncs++;
        }
        catch (StorageException)
        {
            inode.ForgetUnsynced();
            throw;
        }
    }

    internal void MustBeAlive(int boot)
    {
        if (_dead || boot != _boot)
            throw new SimulatedCrashException();
    }

    internal void MustFit(long moreBytes)
    {
        if (moreBytes > 0 && UsedBytes + moreBytes > CapacityBytes)
            throw new StorageException(StorageFailure.NoSpace, "the simulated disk is full");
    }

    private DiskFault Decide(DiskCall call, string path)
    {
        MustBeAlive(_boot);
        Calls++;
        var fault = Faults(call, path);
        return fault == DiskFault.CrashBefore ? throw Crash() : fault;
    }

    private SimulatedCrashException Crash()
    {
        _dead = true;
        return new SimulatedCrashException();
    }

    private void LosePowerIn(DirectoryNode directory, PowerLoss loss)
    {
        directory.LosePower(loss, _prng);
        foreach (var node in directory.Names.Values)
        {
            if (node is DirectoryNode child)
                LosePowerIn(child, loss);
            else
                ((Inode)node).LosePower(loss, _prng);
        }
    }

    private static void MendRotIn(DirectoryNode directory)
    {
        foreach (var node in directory.Names.Values)
        {
            if (node is DirectoryNode child)
                MendRotIn(child);
            else
                ((Inode)node).MendRot();
        }
    }

    private static long Sum(DirectoryNode directory)
    {
        var sum = 0L;
        foreach (var node in directory.Names.Values)
            sum += node is DirectoryNode child ? Sum(child) : ((Inode)node).Length;
        return sum;
    }

    private static string[] Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private DiskNode? TryFind(string path)
    {
        DiskNode? node = _root;
        foreach (var part in Parts(path))
            node = (node as DirectoryNode)?.Names.GetValueOrDefault(part);
        return node;
    }

    private T Find<T>(string path)
        where T : DiskNode =>
        TryFind(path) as T ?? throw new StorageException(StorageFailure.NotFound, $"{path}: not found");

    private (DirectoryNode Directory, string Name) Parent(string path)
    {
        var parts = Parts(path);
        return (Find<DirectoryNode>(string.Join('/', parts[..^1])), parts[^1]);
    }

    private sealed class HeldLock(SimulatedDisk disk, string path, int boot) : IDisposable
    {
        public void Dispose()
        {
            if (disk._boot == boot)
                disk._locks.Remove(path);
        }
    }
}

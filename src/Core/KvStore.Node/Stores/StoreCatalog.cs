using System.Globalization;
using System.Text;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Stores;

/// <summary>
/// Which store of the directory is the member's, and which ones are to be removed. A snapshot is received into a store of its
/// own beside the present one; one replacement of the catalog file makes it the member's (C10), and whatever a crash leaves
/// behind is named in the catalog and removed at the next start (D11).
/// </summary>
/// <remarks>
/// The file: lines "current NAME", "discard NAME", "log INDEX TERM" (see <see cref="LogBegins"/>), and last "sum CRC-32C" of the lines
/// before. Written beside, synced and renamed over the old one. Owned by the Background lane once the member runs.
/// </remarks>
internal sealed class StoreCatalog
{
    private const string FileName = "stores";
    private const string FirstStore = "db-0";

    /// <summary>A few stores at most; a longer file is none of ours.</summary>
    private const int FileBytesMax = 64 * 1024;

    private readonly IFileSystem _files;
    private readonly IOrderedStoreProvider _stores;
    private readonly string _directory;
    private readonly SortedSet<string> _discard = new(StringComparer.Ordinal);
    private string _current = "";
    private ulong _number;

    private StoreCatalog(IFileSystem files, IOrderedStoreProvider stores, string directory)
    {
        _files = files;
        _stores = stores;
        _directory = directory;
    }

    /// <summary>The path of the member's store.</summary>
    public string Current => Path(_current);

    /// <summary>True when the catalog was made by this call: the member has no store yet.</summary>
    public bool WasEmpty { get; private set; }

    /// <summary>
    /// The entry behind which the log begins, from before the store becomes the result of it until a start finds it so in the log: between
    /// the two a store that is ahead of the whole log is right. At any other time it shows that the log has lost entries.
    /// </summary>
    public (LogIndex Index, Term Term)? LogBegins { get; private set; }

    /// <summary>Reads the catalog, or begins one; removes what earlier lives of the member left behind.</summary>
    public static StoreCatalog Open(IFileSystem files, IOrderedStoreProvider stores, string directory)
    {
        var catalog = new StoreCatalog(files, stores, directory);
        catalog.Load();
        foreach (var name in catalog._discard)
            stores.Destroy(catalog.Path(name));
        catalog._discard.Clear();
        catalog.Save();
        return catalog;
    }

    /// <summary>The catalog's own path: where there is none, no member ever lived.</summary>
    public static string FileOf(string directory) => directory + "/" + FileName;

    /// <summary>The path of the member's store where there is a catalog; null where there is none. Changes nothing.</summary>
    public static string? Find(IFileSystem files, IOrderedStoreProvider stores, string directory)
    {
        var catalog = new StoreCatalog(files, stores, directory);
        catalog.Load();
        return catalog.WasEmpty ? null : catalog.Current;
    }

    /// <summary>A path for a new store, already marked for removal: it stays only if it is adopted.</summary>
    /// <exception cref="StorageException">Not begun; with <see cref="StorageFailure.NoSpace"/> all is as before.</exception>
    public string Begin()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"db-{++_number}");
        _discard.Add(name);
        try
        {
            Save();
        }
        catch (StorageException failed) when (failed.Failure == StorageFailure.NoSpace)
        {
            _discard.Remove(name);
            throw;
        }

        return Path(name);
    }

    /// <summary>Begins a store and opens it, empty or as a copy of another.</summary>
    /// <exception cref="StorageException">Not begun; with <see cref="StorageFailure.NoSpace"/> nothing of it stays.</exception>
    public (string Path, IOrderedStore Store) BeginStore(IOrderedStore? copied = null)
    {
        var path = Begin();
        try
        {
            copied?.Checkpoint(path);
            return (path, _stores.Open(path));
        }
        catch (StorageException failed) when (failed.Failure == StorageFailure.NoSpace)
        {
            Discard(path);
            throw;
        }
    }

    /// <summary>A copy of the store in a store of its own; null when there is no space for it on the disk.</summary>
    public (string Path, IOrderedStore Store)? TryCopy(IOrderedStore store)
    {
        try
        {
            return BeginStore(store);
        }
        catch (StorageException failed) when (failed.Failure == StorageFailure.NoSpace)
        {
            return null;
        }
    }

    /// <summary>
    /// From now on, also after a crash, the store at the path is the member's; the one before is marked for removal. A store that does not
    /// come from this member's log says behind which entry the log begins.
    /// </summary>
    public void Adopt(string path, (LogIndex Index, Term Term)? logBegins = null)
    {
        var name = path[(_directory.Length + 1)..];
        Check.That(_discard.Remove(name), "a store that is adopted was begun here");
        _discard.Add(_current);
        _current = name;
        LogBegins = logBegins ?? LogBegins;
        Save();
    }

    /// <summary>The store is about to be taken past the end of the log, which begins behind it then.</summary>
    public void BeginLog(LogIndex index, Term term)
    {
        LogBegins = (index, term);
        Save();
    }

    /// <summary>The log has been seen to hold, or to begin behind, what the store is the result of.</summary>
    public void LogHasBegun()
    {
        if (LogBegins is null)
            return;
        LogBegins = null;
        Save();
    }

    /// <summary>Removes a closed store that is not the member's.</summary>
    public void Discard(string path)
    {
        Check.That(path != Current, "the member's store is never removed");
        _stores.Destroy(path);
        _discard.Remove(path[(_directory.Length + 1)..]);
        try
        {
            Save();
        }
        catch (StorageException failed) when (failed.Failure == StorageFailure.NoSpace)
        {
            // The file names a store too many until it is written again: one that is gone is removed without harm at the next start.
        }
    }

    private string Path(string name) => _directory + "/" + name;

    private void Load()
    {
        if (!_files.Exists(Path(FileName)))
        {
            WasEmpty = true;
            _current = FirstStore;
            return;
        }

        foreach (var line in ReadLines())
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var name = line[(space + 1)..];
            if (line[..space] == "log")
            {
                LogBegins = ParseLogBegins(name);
                continue;
            }

            if (line[..space] == "current")
                _current = name;
            else
                _discard.Add(name);
            if (ulong.TryParse(name.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                _number = Math.Max(_number, number);
        }
    }

    private static (LogIndex Index, Term Term) ParseLogBegins(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return (new LogIndex(Number(text.AsSpan(0, space))), new Term(Number(text.AsSpan(space + 1))));

        static ulong Number(ReadOnlySpan<char> digits) => ulong.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private string[] ReadLines()
    {
        using var file = _files.Open(Path(FileName));
        var bytes = new byte[Math.Min(file.Length, FileBytesMax)];
        var read = file.ReadAt(0, bytes);
        var text = Encoding.ASCII.GetString(bytes, 0, read);
        var end = text.IndexOf("sum ", StringComparison.Ordinal);
        if (end < 0 || text[end..] != SumLine(text[..end]))
            throw new StorageException(StorageFailure.Corrupt, Path(FileName) + ": the catalog of stores does not match its checksum");
        return text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private void Save()
    {
        var text = new StringBuilder().Append("current ").Append(_current).Append('\n');
        foreach (var name in _discard)
            text.Append("discard ").Append(name).Append('\n');
        if (LogBegins is { } begins)
            text.Append(CultureInfo.InvariantCulture, $"log {begins.Index.Value} {begins.Term.Value}\n");
        text.Append(SumLine(text.ToString()));
        var path = Path(FileName);
        using (var file = _files.Create(path + ".new"))
        {
            file.WriteAt(0, Encoding.ASCII.GetBytes(text.ToString()));
            file.Sync();
        }

        _files.Rename(path + ".new", path);
        _files.SyncDirectory(_directory);
    }

    private static string SumLine(string lines) =>
        string.Create(CultureInfo.InvariantCulture, $"sum {Crc32C.Of(Encoding.ASCII.GetBytes(lines)):x8}\n");
}

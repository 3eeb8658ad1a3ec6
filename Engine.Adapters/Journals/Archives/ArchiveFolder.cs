using System.Collections.Concurrent;
using Engine.Actors.Kernel;

namespace Engine.Adapters.Journals.Archives;

/// <summary>One file of archived frames, as the store has it in its books.</summary>
public sealed record ArchiveEntry(int Partition, long First, long Last, string File);

/// <summary>The archive files of a data folder, opened as they are needed and kept open: they never change.</summary>
sealed class ArchiveFolder(string directory) : IDisposable
{
    const string Name = "archive";

    readonly ConcurrentDictionary<string, Lazy<ArchiveFile>> _open = new(StringComparer.Ordinal);

    public string PathOf(string file) => Path.Combine(Path.GetFullPath(directory), Name, file);

    public static string FileOf(int partition, long first) => $"partition-{partition:000}-from-{first:000000000000}.frames";

    public void Make() => Directory.CreateDirectory(PathOf(""));

    /// <summary>The frames of these files behind <paramref name="after"/>, in order.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or does not hold what the books say.</exception>
    /// <exception cref="StoreUnavailableException" />
    public IEnumerable<StoredFrame> ReadFrames(IEnumerable<ArchiveEntry> entries, long after)
    {
        foreach (var entry in entries)
        {
            foreach (var frame in Open(entry).ReadFrames(after))
            {
                if (frame.Sequence > entry.Last) break;
                after = frame.Sequence;
                yield return frame;
            }
            if (after < entry.Last) throw new InvalidDataException($"the archive {PathOf(entry.File)} ends with frame {after} of partition {entry.Partition}; it should hold up to {entry.Last}");
        }
    }

    ArchiveFile Open(ArchiveEntry entry)
    {
        // Others may still be reading by it.
        if (_open.TryGetValue(entry.File, out var broken) && broken is { IsValueCreated: true, Value.IsBroken: true }) _open.TryRemove(KeyValuePair.Create(entry.File, broken));
        var file = _open.GetOrAdd(entry.File, _ => new Lazy<ArchiveFile>(() => new ArchiveFile(PathOf(entry.File), entry.Partition)));
        try
        {
            return file.Value;
        }
        catch
        {
            // A share that was away for a moment may be back the next time.
            _open.TryRemove(KeyValuePair.Create(entry.File, file));
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var file in _open.Values)
            if (file.IsValueCreated) file.Value.Dispose();
    }
}

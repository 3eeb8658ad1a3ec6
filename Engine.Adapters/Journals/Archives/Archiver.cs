using Engine.Actors.Kernel;
using Engine.Actors.Verification;

namespace Engine.Adapters.Journals.Archives;

/// <summary>What an archiver needs of a store that keeps frames.</summary>
interface IArchivable
{
    int Partitions { get; }
    /// <summary>The last frame that is archived already; 0 for none.</summary>
    long ArchivedThrough(int partition);
    byte[]? ReadCheckpoint(int partition);
    IEnumerable<StoredFrame> ReadFrames(int partition, long after);
    /// <summary>Enters a finished file into the books; from then on its frames are read from there.</summary>
    void Register(ArchiveEntry entry);
    /// <summary>Removes some frames that are archived; false when none is left.</summary>
    bool RemoveArchived(int partition);
}

/// <summary>What was moved.</summary>
public sealed record ArchiveReport(int Files, long Frames, long Bytes, long PackedBytes);

/// <summary>
/// Moves frames that no opening needs any more out of the journal: those behind the checkpoint and older than a given time. A
/// file is whole and on disk before the books name it, and the books name it before a frame is removed; so whatever is
/// interrupted, every frame stands in at least one place, and the next run goes on.
/// </summary>
sealed class Archiver(IArchivable store, ArchiveFolder folder)
{
    /// <summary>Frames of one file, before compression.</summary>
    const long FileBytes = 256L * 1024 * 1024;

    /// <param name="before">Frames of that time (milliseconds since 1970 UTC) and later stay.</param>
    /// <param name="progress">Is told the frames moved so far.</param>
    /// <exception cref="StoreUnavailableException" />
    /// <exception cref="InvalidDataException">A frame or a checkpoint is damaged: nothing is moved over it.</exception>
    public ArchiveReport Run(long before, Action<long>? progress = null, CancellationToken stop = default)
    {
        folder.Make();
        var report = new ArchiveReport(0, 0, 0, 0);
        for (var partition = 0; partition < store.Partitions; partition++)
        {
            var covered = store.ReadCheckpoint(partition) is { } checkpoint ? Checkpoint.SequenceOf(checkpoint) : 0;
            while (WriteFile(partition, covered, before, report, progress, stop) is { } grown) report = grown;
            while (!stop.IsCancellationRequested && store.RemoveArchived(partition)) { }
        }
        return report;
    }

    /// <summary>One file more; null when nothing is left to move.</summary>
    ArchiveReport? WriteFile(int partition, long covered, long before, ArchiveReport report, Action<long>? progress, CancellationToken stop)
    {
        var first = store.ArchivedThrough(partition) + 1;
        if (first >= covered || stop.IsCancellationRequested) return null;
        var file = ArchiveFolder.FileOf(partition, first);
        long last = 0, bytes = 0, packed;
        using (var writer = new ArchiveFile.Writer(folder.PathOf(file), partition))
        {
            // The newest frame stays: it says where the journal ends.
            foreach (var frame in store.ReadFrames(partition, first - 1).TakeWhile(f => f.Sequence < covered && bytes < FileBytes))
            {
                var header = FrameHeader.Read(frame.Bytes);
                if (header.Sequence != frame.Sequence || header.Partition != partition) throw new InvalidDataException($"partition {partition}, frame {frame.Sequence}: it says it is frame {header.Sequence} of partition {header.Partition}");
                if (header.At >= before || stop.IsCancellationRequested) break;
                writer.Add(frame);
                (last, bytes) = (frame.Sequence, bytes + frame.Bytes.Length);
            }
            if (last == 0)
            {
                writer.Dispose();
                File.Delete(folder.PathOf(file));
                return null;
            }
            writer.Finish();
            packed = writer.Length;
        }
        store.Register(new ArchiveEntry(partition, first, last, file));
        var frames = report.Frames + last - first + 1;
        progress?.Invoke(frames);
        return new ArchiveReport(report.Files + 1, frames, report.Bytes + bytes, report.PackedBytes + packed);
    }
}

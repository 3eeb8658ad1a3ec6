using Engine.Actors.Kernel;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Sqlite;
using Engine.Tests.Verifying;

namespace Engine.Tests.Torture;

public enum Damage
{
    /// <summary>The file ends there.</summary>
    Cut,
    /// <summary>Zeros from there on.</summary>
    Zeroed,
    /// <summary>Noise from there on.</summary>
    Noise,
    /// <summary>The sector there was never written, what came after it was.</summary>
    LostSector,
}

/// <summary>
/// The store of a short day with all of it still in the write-ahead log, as it lies on the disk when the machine dies, and
/// what had been acknowledged at which length of the log.
/// </summary>
sealed class TornLog
{
    const int Partitions = 4;
    const int Orders = 24;
    const int SectorBytes = 512;
    /// <summary>A page of 8 KiB and its header.</summary>
    const int PageInLog = 8192 + 24;
    const int CommitsDamaged = 12;

    readonly string _damaged;
    readonly byte[] _database;
    readonly byte[] _log;

    TornLog(string folder, List<(long, long[])> commits)
    {
        (_damaged, Commits) = (Path.Combine(folder, "damaged"), commits);
        _database = File.ReadAllBytes(Path.Combine(folder, "live", "journal.db"));
        _log = File.ReadAllBytes(Path.Combine(folder, "live", "journal.db-wal"));
        Directory.CreateDirectory(_damaged);
        File.WriteAllBytes(Path.Combine(_damaged, "journal.db"), _database);
    }

    public long Length => _log.Length;

    /// <summary>How long the log was when so much of each partition was acknowledged.</summary>
    public List<(long Length, long[] Tails)> Commits { get; private set; }

    public static async Task<TornLog> WriteAsync(string folder)
    {
        var live = Path.Combine(folder, "live");
        List<(long Length, long[] Tails)> commits = [(0, new long[Partitions])];
        SqliteJournal? journal = null;
        // A clock that stands still: nothing brings the log home meanwhile.
        using (journal = new SqliteJournal(new SqliteJournalOptions { Directory = live, Partitions = Partitions, TimeProvider = new ManualTime(), AtStep = Look }))
        {
            await SmallShop.Run(journal, Orders);
            var log = new TornLog(folder, commits);
            if (commits.Zip(commits.Skip(1)).Any(pair => pair.First.Length >= pair.Second.Length)) throw new InvalidOperationException("the log was begun anew");
            return log;
        }

        void Look(WriteStep step)
        {
            if (step != WriteStep.Committed) return;
            var tails = commits[^1].Tails.Select((tail, partition) => tail + journal!.ReadFrames(partition, tail).Count()).ToArray();
            commits.Add((new FileInfo(Path.Combine(live, "journal.db-wal")).Length, tails));
        }
    }

    /// <summary>The mutant: each group is told of before its commit.</summary>
    public void AcknowledgeEarly() => Commits = [.. Commits.Zip(Commits.Skip(1), (before, commit) => (before.Length, commit.Tails))];

    /// <summary>Offsets of the log: every byte of its end, what is around every page of the last commits, and the rest of these evenly.</summary>
    public List<long> Places(int count)
    {
        var first = Commits[^CommitsDamaged].Length;
        var places = new SortedSet<long>();
        for (var at = Math.Max(first, Length - (count / 2)); at < Length; at++) places.Add(at);
        var around = Math.Min(26, count / 40);
        for (var page = first; page <= Length; page += PageInLog)
            for (var at = page - around; at <= page + around; at++)
                if (at >= first && at < Length) places.Add(at);
        var step = Math.Max(1, (Length - first) / Math.Max(1, count / 4));
        for (var at = first; at < Length; at += step) places.Add(at);
        return [.. places];
    }

    /// <summary>A store with its log damaged there.</summary>
    public void Copy(Damage kind, long place, string directory)
    {
        File.WriteAllBytes(Path.Combine(directory, "journal.db"), _database);
        Write(kind, place, directory);
    }

    /// <summary>What is wrong with what a reader finds in the store with its log damaged there; null where nothing is.</summary>
    public string? Check(Damage kind, long place)
    {
        File.Delete(Path.Combine(_damaged, "journal.db-shm"));
        var untouched = Write(kind, place, _damaged);
        using var reader = new SqliteReader(_damaged);
        var tails = new long[Partitions];
        for (var partition = 0; partition < Partitions; partition++)
        {
            var hash = default(FrameHash);
            foreach (var stored in reader.ReadFrames(partition, 0))
            {
                var header = FrameHeader.Read(stored.Bytes);
                if (header.Sequence != ++tails[partition] || header.Sequence != stored.Sequence) return $"{kind} at {place}: partition {partition} goes from frame {tails[partition] - 1} to {header.Sequence}";
                if (header.Previous != hash) return $"{kind} at {place}: partition {partition}, frame {header.Sequence} is not chained";
                hash = header.Hash;
            }
        }
        var acknowledged = Commits.FindLast(c => c.Length <= untouched).Tails;
        for (var partition = 0; partition < Partitions; partition++)
            if (tails[partition] < acknowledged[partition]) return $"{kind} at {place}: partition {partition} ends at {tails[partition]}, and {acknowledged[partition]} was acknowledged";
        return Commits.Exists(c => c.Tails.AsSpan().SequenceEqual(tails)) ? null : $"{kind} at {place}: half of a commit is left";
    }

    /// <summary>How much of the log is as it was.</summary>
    long Write(Damage kind, long place, string directory)
    {
        var log = kind == Damage.Cut ? _log[..(int)place] : _log.ToArray();
        var (from, count) = kind == Damage.LostSector ? ((int)place / SectorBytes * SectorBytes, SectorBytes) : ((int)place, log.Length - (int)place);
        var hit = log.AsSpan(from, Math.Min(count, log.Length - from));
        if (kind == Damage.Noise) new Random((int)place).NextBytes(hit);
        else hit.Clear();
        File.WriteAllBytes(Path.Combine(directory, "journal.db-wal"), log);
        return from;
    }
}

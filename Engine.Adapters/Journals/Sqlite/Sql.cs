namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// All SQL of the embedded store.
/// <para>
/// Rows are appended to the journal and to the keys in the order they are written, and found by an index: one commit of
/// sixteen partitions then touches the end of one table instead of sixteen places in it. That was measured to be faster
/// than keeping the rows in partition order, with small frames and with large ones.
/// </para>
/// <para>
/// Rows of <c>keys</c> are never deleted and never change their size. Moving rows between pages may leave copies behind
/// in the unused part of a page, and a dropped key must leave none; so a drop overwrites the key where it stands.
/// </para>
/// </summary>
static class Sql
{
    /// <summary>The newest format of the tables that this build reads and writes. Format 1 had no archives.</summary>
    public const int Format = 2;

    /// <summary>Its content was moved to another store: it can be read and never written again, by no build that ever was or will be.</summary>
    public const int MovedFormat = 1_000_000;

    /// <summary>How a store is made. The page size was measured: 4 KiB is slower with large frames, 16 KiB with small ones.</summary>
    public const string CreateFile = "PRAGMA page_size=8192; PRAGMA journal_mode=WAL;";

    public const string IsMade = "SELECT count(*) FROM sqlite_schema WHERE name='meta'";

    public const string CreateTables =
        """
        CREATE TABLE meta(format INTEGER NOT NULL, partitions INTEGER NOT NULL, created_at INTEGER NOT NULL, settled INTEGER NOT NULL);
        CREATE TABLE ownership(partition INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, owner TEXT NOT NULL);
        CREATE TABLE journal(id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, sequence INTEGER NOT NULL, epoch INTEGER NOT NULL,
            frame BLOB NOT NULL, UNIQUE(partition, sequence));
        CREATE TABLE keys(id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, sequence INTEGER NOT NULL, wrapped BLOB NOT NULL,
            UNIQUE(partition, sequence));
        CREATE TABLE segments(id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, segment INTEGER NOT NULL, chunk INTEGER NOT NULL,
            bytes BLOB NOT NULL, UNIQUE(partition, segment, chunk));
        CREATE TABLE checkpoints(partition INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE signing_keys(id TEXT PRIMARY KEY, wrapped BLOB NOT NULL, created_at INTEGER NOT NULL, retired_at INTEGER);
        CREATE TABLE probe(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        """ + CreateArchives;

    const string CreateArchives =
        """
        CREATE TABLE archives(partition INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, file TEXT NOT NULL,
            PRIMARY KEY(partition, first)) WITHOUT ROWID;
        """;

    /// <summary>What each format has that the one before it had not.</summary>
    public static readonly IReadOnlyDictionary<int, string> Upgrades = new Dictionary<int, string> { [2] = CreateArchives };

    public const string IsMoved = "SELECT count(*) FROM sqlite_schema WHERE name='moved'";
    public const string ReadMoved = "SELECT store FROM moved";
    public const string CreateMoved = "CREATE TABLE moved(store TEXT NOT NULL, at INTEGER NOT NULL)";
    public const string InsertMoved = "INSERT INTO moved(store, at) VALUES(?, ?)";

    public const string SetFormat = "UPDATE meta SET format=?";

    public const string InsertMeta = "INSERT INTO meta(format, partitions, created_at, settled) VALUES(?, ?, ?, 0)";
    public const string ReadMeta = "SELECT format, partitions FROM meta";

    /// <summary>secure_delete=FAST zeroes what is freed inside a page; whole freed pages never held a key.</summary>
    public const string PrepareWriter =
        "PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=1000;";

    public const string PrepareReader = "PRAGMA temp_store=MEMORY; PRAGMA query_only=ON;";

    public const string Begin = "BEGIN IMMEDIATE";
    public const string Commit = "COMMIT";
    public const string Rollback = "ROLLBACK";

    public const string ReadEpochs = "SELECT partition, epoch FROM ownership";
    public const string RaiseEpoch =
        """
        INSERT INTO ownership(partition, epoch, owner) VALUES(?, 1, ?)
        ON CONFLICT(partition) DO UPDATE SET epoch=epoch+1, owner=excluded.owner RETURNING epoch
        """;

    public const string ReadTail = "SELECT max(sequence) FROM journal WHERE partition=?";
    public const string InsertFrame = "INSERT INTO journal(partition, sequence, epoch, frame) VALUES(?, ?, ?, ?)";
    public const string ReadFrame = "SELECT epoch, frame FROM journal WHERE partition=? AND sequence=?";
    public const string ReadFrames = "SELECT sequence, frame FROM journal WHERE partition=? AND sequence>? ORDER BY sequence LIMIT 256";

    public const string HasArchives = "SELECT count(*) FROM sqlite_schema WHERE name='archives'";
    public const string ReadArchives = "SELECT first, last, file FROM archives WHERE partition=? AND last>? ORDER BY first";
    public const string InsertArchive = "INSERT INTO archives(partition, first, last, file) VALUES(?, ?, ?, ?)";
    public const string ArchivedThrough = "SELECT max(last) FROM archives WHERE partition=?";

    /// <summary>A slice at a time, so that nobody's commit waits for long.</summary>
    public const string RemoveArchived =
        """
        DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE partition=?1 AND sequence<=(SELECT max(last) FROM archives WHERE partition=?1)
            ORDER BY sequence LIMIT 256) RETURNING id
        """;

    public const string InsertKeys = "INSERT INTO keys(partition, sequence, wrapped) VALUES(?, ?, ?)";
    public const string ReadKeys = "SELECT wrapped, id FROM keys WHERE partition=? AND sequence=?";

    public const string ReadKeysBehind = "SELECT sequence, wrapped FROM keys WHERE partition=? AND sequence>? ORDER BY sequence LIMIT 500";
    public const string ReadKeyRows = "SELECT id, partition, sequence, wrapped FROM keys WHERE id>? ORDER BY id LIMIT 1000";
    public const string ReadSegments = "SELECT partition, segment, sum(length(bytes)) FROM segments GROUP BY partition, segment";

    public const string InsertChunk = "INSERT INTO segments(partition, segment, chunk, bytes) VALUES(?, ?, ?, ?)";
    public const string DeleteSegment = "DELETE FROM segments WHERE partition=? AND segment=?";
    public const string ReadChunks = "SELECT bytes FROM segments WHERE partition=? AND segment=? AND chunk BETWEEN ? AND ? ORDER BY chunk";

    public const string WriteCheckpoint =
        "INSERT INTO checkpoints(partition, bytes) VALUES(?, ?) ON CONFLICT(partition) DO UPDATE SET bytes=excluded.bytes";
    public const string ReadCheckpoint = "SELECT bytes FROM checkpoints WHERE partition=?";

    public const string ReadSigningKeys = "SELECT id, wrapped, created_at, retired_at FROM signing_keys ORDER BY created_at, rowid";
    public const string ReplaceSigningKey = "UPDATE signing_keys SET wrapped=? WHERE id=?";
    public const string RetireSigningKeys = "UPDATE signing_keys SET retired_at=? WHERE retired_at IS NULL";
    public const string InsertSigningKey = "INSERT INTO signing_keys(id, wrapped, created_at, retired_at) VALUES(?, ?, ?, NULL)";
    public const string DeleteSigningKey = "DELETE FROM signing_keys WHERE id=? AND retired_at IS NOT NULL RETURNING id";

    public const string Settle = "UPDATE meta SET settled=settled+1";

    /// <summary>Needs room of its own: a write that only changes a page in place would succeed on a full disk too.</summary>
    public const string Probe = "INSERT OR REPLACE INTO probe(id, bytes) VALUES(1, zeroblob(65536))";
    public const string EndProbe = "DELETE FROM probe";

    /// <summary>Brings the log home and cuts it to nothing, so that no older copy of any page is left.</summary>
    public const string TruncateLog = "PRAGMA wal_checkpoint(TRUNCATE)";
}

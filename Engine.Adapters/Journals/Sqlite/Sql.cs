namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// All SQL of the embedded store.
/// <para>
/// Rows are appended to the journal and to the keys in the order they are written, so that one commit of sixteen partitions touches the
/// end of two tables instead of sixteen places in them. Where a frame's rows lie (<c>frame_places</c>, <c>key_places</c>) is written behind,
/// for some hundred frames at once: an index kept with every commit has an end for each partition, and was two thirds of the pages of a
/// small one. Rows behind those that are <c>placed</c> are looked through; everything that reads by partition and sequence reads both.
/// </para>
/// <para>
/// Rows of <c>keys</c> are never deleted and never change their size. Moving rows between pages may leave copies behind
/// in the unused part of a page, and a dropped key must leave none; so a drop overwrites the key where it stands.
/// </para>
/// </summary>
static class Sql
{
    /// <summary>The newest format of the tables that this build reads and writes. Format 1 had no archives, format 2 an index over journal and keys instead of places.</summary>
    public const int Format = 3;

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
            frame BLOB NOT NULL);
        CREATE TABLE keys(id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, sequence INTEGER NOT NULL, wrapped BLOB NOT NULL);
        CREATE TABLE segments(id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, segment INTEGER NOT NULL, chunk INTEGER NOT NULL,
            bytes BLOB NOT NULL, UNIQUE(partition, segment, chunk));
        CREATE TABLE checkpoints(partition INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE signing_keys(id TEXT PRIMARY KEY, wrapped BLOB NOT NULL, created_at INTEGER NOT NULL, retired_at INTEGER);
        CREATE TABLE probe(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        """ + CreateArchives + CreatePlaces;

    const string CreateArchives =
        """
        CREATE TABLE archives(partition INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, file TEXT NOT NULL,
            PRIMARY KEY(partition, first)) WITHOUT ROWID;
        """;

    const string CreatePlaces =
        """
        CREATE TABLE frame_places(partition INTEGER NOT NULL, sequence INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY(partition, sequence)) WITHOUT ROWID;
        CREATE TABLE key_places(partition INTEGER NOT NULL, sequence INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY(partition, sequence)) WITHOUT ROWID;
        CREATE TABLE placed(frames INTEGER NOT NULL, keys INTEGER NOT NULL);
        INSERT INTO placed(frames, keys) VALUES(0, 0);
        """;

    /// <summary>What each format has that the one before it had not. The index of an older store stays, and stays as slow.</summary>
    public static readonly IReadOnlyDictionary<int, string> Upgrades = new Dictionary<int, string>
    {
        [2] = CreateArchives, [3] = CreatePlaces + $"{PlaceFrames}; {PlaceKeys}; {SetPlaced};",
    };

    public const string HasPlaces = "SELECT count(*) FROM sqlite_schema WHERE name='placed'";

    /// <summary>For reading a store of an older format as it is: its index finds every row.</summary>
    public const string SeePlaces =
        """
        CREATE TEMP VIEW frame_places AS SELECT partition, sequence, id FROM journal;
        CREATE TEMP VIEW key_places AS SELECT partition, sequence, id FROM keys;
        CREATE TEMP VIEW placed AS SELECT 9223372036854775807 AS frames, 9223372036854775807 AS keys;
        """;

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

    public const string PrepareReader = "PRAGMA temp_store=MEMORY;";
    public const string OnlyRead = "PRAGMA query_only=ON;";

    public const string Begin = "BEGIN IMMEDIATE";
    public const string Commit = "COMMIT";
    public const string Rollback = "ROLLBACK";

    public const string ReadEpochs = "SELECT partition, epoch FROM ownership";
    public const string RaiseEpoch =
        """
        INSERT INTO ownership(partition, epoch, owner) VALUES(?, 1, ?)
        ON CONFLICT(partition) DO UPDATE SET epoch=epoch+1, owner=excluded.owner RETURNING epoch
        """;

    const string UnplacedFrames = "journal WHERE id>(SELECT frames FROM placed)";
    const string UnplacedKeys = "keys WHERE id>(SELECT keys FROM placed)";

    public const string PlaceFrames = $"INSERT INTO frame_places(partition, sequence, id) SELECT partition, sequence, id FROM {UnplacedFrames}";
    public const string PlaceKeys = $"INSERT INTO key_places(partition, sequence, id) SELECT partition, sequence, id FROM {UnplacedKeys}";
    public const string SetPlaced = "UPDATE placed SET frames=(SELECT coalesce(max(id), 0) FROM journal), keys=(SELECT coalesce(max(id), 0) FROM keys)";

    public const string ReadTail =
        $"""
        SELECT max(coalesce((SELECT max(sequence) FROM frame_places WHERE partition=?1), 0),
            coalesce((SELECT max(sequence) FROM {UnplacedFrames} AND partition=?1), 0))
        """;

    public const string InsertFrame = "INSERT INTO journal(partition, sequence, epoch, frame) VALUES(?, ?, ?, ?)";

    public const string ReadFrame =
        $"""
        SELECT epoch, frame FROM journal WHERE id=coalesce((SELECT id FROM frame_places WHERE partition=?1 AND sequence=?2),
            (SELECT id FROM {UnplacedFrames} AND partition=?1 AND sequence=?2))
        """;

    public const string ReadFrames =
        $"""
        SELECT p.sequence, j.frame FROM frame_places p CROSS JOIN journal j ON j.id=p.id WHERE p.partition=?1 AND p.sequence>?2
        UNION ALL SELECT sequence, frame FROM {UnplacedFrames} AND partition=?1 AND sequence>?2 ORDER BY 1 LIMIT 256
        """;

    public const string HasArchives = "SELECT count(*) FROM sqlite_schema WHERE name='archives'";
    public const string ReadArchives = "SELECT first, last, file FROM archives WHERE partition=? AND last>? ORDER BY first";
    public const string InsertArchive = "INSERT INTO archives(partition, first, last, file) VALUES(?, ?, ?, ?)";
    public const string ArchivedThrough = "SELECT max(last) FROM archives WHERE partition=?";

    /// <summary>
    /// A slice at a time, so that nobody's commit waits for long. The newest row of all stays: its id would be given once more, to a row
    /// that then lay among those that are placed.
    /// </summary>
    public const string RemoveArchivedPlaces =
        """
        DELETE FROM frame_places WHERE partition=?1 AND sequence IN (SELECT sequence FROM frame_places WHERE partition=?1
            AND sequence<=(SELECT max(last) FROM archives WHERE partition=?1) AND id<(SELECT max(id) FROM journal) ORDER BY sequence LIMIT 256) RETURNING id
        """;

    public const string RemoveFrame = "DELETE FROM journal WHERE id=?";

    public const string InsertKeys = "INSERT INTO keys(partition, sequence, wrapped) VALUES(?, ?, ?)";

    public const string ReadKeys =
        $"""
        SELECT wrapped, id FROM keys WHERE id=coalesce((SELECT id FROM key_places WHERE partition=?1 AND sequence=?2),
            (SELECT id FROM {UnplacedKeys} AND partition=?1 AND sequence=?2))
        """;

    public const string ReadKeysBehind =
        $"""
        SELECT p.sequence, k.wrapped FROM key_places p CROSS JOIN keys k ON k.id=p.id WHERE p.partition=?1 AND p.sequence>?2
        UNION ALL SELECT sequence, wrapped FROM {UnplacedKeys} AND partition=?1 AND sequence>?2 ORDER BY 1 LIMIT 500
        """;

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

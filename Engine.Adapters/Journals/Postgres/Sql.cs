namespace Engine.Adapters.Journals.Postgres;

/// <summary>
/// All SQL of the PostgreSQL store, which lives in the schema <c>engine</c>.
/// <para>
/// What a partition writes at a time is one call of <c>engine.append</c>, so that the store itself decides whether the writer
/// still owns the partition, and the calls of a whole group go out together and are committed as one.
/// </para>
/// </summary>
static class Sql
{
    /// <summary>The newest format of the tables that this build reads and writes.</summary>
    public const int Format = 1;

    /// <summary>Engines that start together make or change the tables one after the other.</summary>
    public const string LockSchema = "SELECT pg_advisory_xact_lock(7238942110251)";

    public const string IsMade = "SELECT to_regclass('engine.meta') IS NOT NULL";

    /// <summary>
    /// Frames and segments are kept outside of their rows as they are: they are encrypted and compact, and a part of a segment is
    /// read without the rest. Who owns a partition changes in place.
    /// </summary>
    public const string CreateTables =
        """
        CREATE SCHEMA IF NOT EXISTS engine;
        CREATE TABLE engine.meta(id boolean PRIMARY KEY DEFAULT true CHECK (id), format integer NOT NULL, store uuid NOT NULL,
            partitions integer NOT NULL, shard integer NOT NULL, shards integer NOT NULL, migrating boolean NOT NULL, written smallint NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE engine.ownership(partition integer PRIMARY KEY, owner text, epoch bigint NOT NULL) WITH (fillfactor=50);
        CREATE TABLE engine.nodes(id text PRIMARY KEY, name text NOT NULL, address text NOT NULL, reads smallint NOT NULL, number bigint NOT NULL,
            renewal bigint NOT NULL, leaving boolean NOT NULL) WITH (fillfactor=50);
        CREATE SEQUENCE engine.renewals;
        CREATE TABLE engine.journal(partition integer NOT NULL, sequence bigint NOT NULL, epoch bigint NOT NULL, frame bytea NOT NULL,
            PRIMARY KEY (partition, sequence));
        CREATE TABLE engine.keys(partition integer NOT NULL, sequence bigint NOT NULL, wrapped bytea[] NOT NULL, PRIMARY KEY (partition, sequence));
        CREATE TABLE engine.segments(partition integer NOT NULL, segment bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (partition, segment));
        CREATE TABLE engine.checkpoints(partition integer PRIMARY KEY, bytes bytea NOT NULL);
        CREATE TABLE engine.signing_keys(id text PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY, wrapped bytea NOT NULL, created_at bigint NOT NULL, retired_at bigint);
        CREATE TABLE engine.archives(partition integer NOT NULL, first bigint NOT NULL, last bigint NOT NULL, file text NOT NULL, PRIMARY KEY (partition, first));
        CREATE TABLE engine.probe(bytes bytea NOT NULL);
        ALTER TABLE engine.journal ALTER frame SET STORAGE EXTERNAL;
        ALTER TABLE engine.segments ALTER bytes SET STORAGE EXTERNAL;
        ALTER TABLE engine.checkpoints ALTER bytes SET STORAGE EXTERNAL;
        ALTER TABLE engine.probe ALTER bytes SET STORAGE EXTERNAL;
        """;

    /// <summary>What each format has that the one before it had not.</summary>
    public static readonly IReadOnlyDictionary<int, string> Upgrades = new Dictionary<int, string>();

    /// <summary>
    /// One write of one partition; false, and nothing done, where its epoch is not the newest or its frame does not follow the
    /// tail. The row of the owner stays locked until the transaction ends: whoever takes the partition over waits for that, and
    /// so never reads a tail that grows afterwards. An epoch belongs to one take-over and so names the owner too.
    /// </summary>
    public const string CreateAppend =
        """
        CREATE OR REPLACE FUNCTION engine.append(in_partition integer, in_epoch bigint, in_sequence bigint, in_frame bytea, in_keys bytea[],
            in_dropped_sequences bigint[], in_dropped_indexes integer[], in_removed bigint[], in_segment bigint, in_bytes bytea, in_checkpoint bytea)
        RETURNS boolean LANGUAGE plpgsql AS $append$
        BEGIN
            PERFORM FROM engine.ownership o WHERE o.partition = in_partition AND o.epoch = in_epoch FOR SHARE;
            IF NOT FOUND THEN RETURN false; END IF;
            IF in_sequence > 0 THEN
                IF in_sequence <> 1 + coalesce((SELECT max(j.sequence) FROM engine.journal j WHERE j.partition = in_partition), 0) THEN RETURN false; END IF;
                INSERT INTO engine.journal(partition, sequence, epoch, frame) VALUES (in_partition, in_sequence, in_epoch, in_frame);
                IF in_keys IS NOT NULL THEN INSERT INTO engine.keys(partition, sequence, wrapped) VALUES (in_partition, in_sequence, in_keys); END IF;
            END IF;
            IF in_dropped_sequences IS NOT NULL THEN
                FOR i IN 1 .. cardinality(in_dropped_sequences) LOOP
                    UPDATE engine.keys k SET wrapped[in_dropped_indexes[i] + 1] = NULL
                        WHERE k.partition = in_partition AND k.sequence = in_dropped_sequences[i] AND in_dropped_indexes[i] BETWEEN 0 AND cardinality(k.wrapped) - 1;
                END LOOP;
            END IF;
            IF in_removed IS NOT NULL THEN DELETE FROM engine.segments s WHERE s.partition = in_partition AND s.segment = ANY (in_removed); END IF;
            IF in_segment > 0 THEN
                INSERT INTO engine.segments(partition, segment, bytes) VALUES (in_partition, in_segment, in_bytes)
                    ON CONFLICT (partition, segment) DO UPDATE SET bytes = excluded.bytes;
            END IF;
            IF in_checkpoint IS NOT NULL THEN
                INSERT INTO engine.checkpoints(partition, bytes) VALUES (in_partition, in_checkpoint)
                    ON CONFLICT (partition) DO UPDATE SET bytes = excluded.bytes;
            END IF;
            RETURN true;
        END
        $append$
        """;

    /// <summary>Ends the transaction with an error that is known by its code, and leaves nothing of it.</summary>
    public const string CreateRefuse =
        $$"""
        CREATE OR REPLACE FUNCTION engine.refuse(in_partition integer) RETURNS boolean LANGUAGE plpgsql AS $refuse$
        BEGIN
            RAISE EXCEPTION 'a write of partition % is refused', in_partition USING ERRCODE = '{{RefusedState}}';
        END
        $refuse$
        """;

    public const string RefusedState = "EN001";

    /// <summary>What stands behind it in the transaction may rest on it, so that all of them are there or none.</summary>
    public const string Append = "SELECT CASE WHEN engine.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) THEN true ELSE engine.refuse($1) END";

    public const string InsertMeta = "INSERT INTO engine.meta(format, partitions, shard, shards, store, migrating) VALUES ($1, $2, $3, $4, $5, $6)";
    public const string ReadMeta = "SELECT format, partitions, shard, shards, store, migrating FROM engine.meta";
    public const string SetFormat = "UPDATE engine.meta SET format = $1";

    /// <summary>What makes a server unfit to keep a journal.</summary>
    public const string ReadServer =
        """
        SELECT current_setting('server_version_num')::integer, current_setting('fsync')::boolean, current_setting('full_page_writes')::boolean,
            current_setting('synchronous_commit'), pg_is_in_recovery(), current_setting('server_encoding')
        """;

    /// <summary>Every connection of an engine says so.</summary>
    public const string ReadOthers =
        """
        SELECT string_agg(DISTINCT application_name || ' from ' || coalesce(host(client_addr), 'this machine'), ', ') FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'engine %' AND application_name NOT LIKE 'engine command %' AND pid <> pg_backend_pid()
        """;

    public const string WaitForOthers = "SELECT pg_sleep(0.1)";

    public const string RaiseEpoch =
        """
        INSERT INTO engine.ownership AS o(partition, owner, epoch) VALUES ($1, $2, 1)
            ON CONFLICT (partition) DO UPDATE SET epoch = o.epoch + 1, owner = excluded.owner RETURNING epoch
        """;

    /// <summary>
    /// Takes a partition over if it is as it was seen and its owner, where it has one, has not renewed its lease since; null where
    /// anything is different. A renewal waits for the owner's row, so none can slip in between.
    /// </summary>
    public const string CreateTakeOver =
        """
        CREATE OR REPLACE FUNCTION engine.take_over(in_partition integer, in_node text, seen_owner text, seen_epoch bigint, seen_renewal bigint)
        RETURNS bigint LANGUAGE plpgsql AS $take_over$
        DECLARE
            raised bigint;
            standing bigint;
        BEGIN
            IF seen_owner <> in_node THEN
                SELECT n.renewal INTO standing FROM engine.nodes n WHERE n.id = seen_owner FOR UPDATE;
                IF standing <> seen_renewal THEN RETURN NULL; END IF;
            END IF;
            IF seen_epoch = 0 THEN
                INSERT INTO engine.ownership AS o(partition, owner, epoch) VALUES (in_partition, in_node, 1) ON CONFLICT (partition) DO NOTHING RETURNING o.epoch INTO raised;
            ELSE
                UPDATE engine.ownership o SET owner = in_node, epoch = o.epoch + 1
                    WHERE o.partition = in_partition AND o.epoch = seen_epoch AND o.owner IS NOT DISTINCT FROM seen_owner RETURNING o.epoch INTO raised;
            END IF;
            RETURN raised;
        END
        $take_over$
        """;

    public const string TakeOver = "SELECT engine.take_over($1, $2, $3, $4, $5)";

    public const string Renew =
        """
        INSERT INTO engine.nodes(id, name, address, reads, number, renewal, leaving)
            SELECT $1, $2, $3, $4, r.at, r.at, $5 FROM (SELECT nextval('engine.renewals') AS at) r
            ON CONFLICT (id) DO UPDATE SET renewal = excluded.renewal, leaving = excluded.leaving
        """;

    public const string RaiseWritten = "UPDATE engine.meta SET written = $1 WHERE written < $1";
    public const string ReadClock = "SELECT clock_timestamp(), written FROM engine.meta";
    public const string ReadNodes = "SELECT id, name, address, reads, number, renewal, leaving FROM engine.nodes";
    public const string ReadOwners = "SELECT partition, owner, epoch FROM engine.ownership";
    public const string Release = "UPDATE engine.ownership SET owner = NULL WHERE partition = $1 AND owner = $2 AND epoch = $3";

    public const string Forget =
        """
        WITH gone AS (DELETE FROM engine.nodes WHERE id = $1 AND renewal = $2 RETURNING id)
        UPDATE engine.ownership SET owner = NULL WHERE owner IN (SELECT id FROM gone)
        """;

    /// <summary>A node that was stopped in the middle of sending holds what it has locked until its connection ends.</summary>
    public const string EndBlockers = "SELECT pg_terminate_backend(pid) FROM unnest(pg_blocking_pids($1)) pid";

    public const string ReadTail = "SELECT coalesce(max(sequence), 0) FROM engine.journal WHERE partition = $1";

    /// <summary>Some frames at a time, cut by their bytes in the store: what is not wanted is not sent.</summary>
    public const string ReadFrames =
        """
        SELECT sequence, frame FROM (
            SELECT sequence, frame, sum(octet_length(frame)) OVER (ORDER BY sequence) - octet_length(frame) AS before FROM (
                SELECT sequence, frame FROM engine.journal WHERE partition = $1 AND sequence > $2 ORDER BY sequence LIMIT 256) page) counted
        WHERE before < $3 ORDER BY sequence
        """;

    public const string ReadFrame = "SELECT frame FROM engine.journal WHERE partition = $1 AND sequence = $2";

    // ── filling it from another store ──

    public const string CopyFrames = "COPY engine.journal(partition, sequence, epoch, frame) FROM STDIN (FORMAT BINARY)";
    public const string CopyKeys = "COPY engine.keys(partition, sequence, wrapped) FROM STDIN (FORMAT BINARY)";
    public const string ClearAllButFrames = "TRUNCATE engine.keys, engine.segments, engine.checkpoints, engine.ownership, engine.signing_keys";
    public const string InsertSegment = "INSERT INTO engine.segments(partition, segment, bytes) VALUES ($1, $2, $3)";
    public const string InsertCheckpoint = "INSERT INTO engine.checkpoints(partition, bytes) VALUES ($1, $2)";
    public const string InsertEpoch = "INSERT INTO engine.ownership(partition, owner, epoch) VALUES ($1, $2, $3)";
    public const string CopySigningKey = "INSERT INTO engine.signing_keys(id, wrapped, created_at, retired_at) VALUES ($1, $2, $3, $4)";
    public const string EndMigration = "UPDATE engine.meta SET migrating = false";

    public const string ReadCheckpoint = "SELECT bytes FROM engine.checkpoints WHERE partition = $1";
    public const string ReadSegment = "SELECT octet_length(bytes), substring(bytes FROM $3 + 1 FOR $4) FROM engine.segments WHERE partition = $1 AND segment = $2";
    public const string ReadKey = "SELECT wrapped[$3 + 1] FROM engine.keys WHERE partition = $1 AND sequence = $2";

    public const string ReadKeysBehind = "SELECT sequence, wrapped FROM engine.keys WHERE partition = $1 AND sequence > $2 ORDER BY sequence LIMIT 500";

    /// <summary>A null leaves what is there.</summary>
    public const string ReplaceKeys =
        """
        UPDATE engine.keys k SET wrapped = ARRAY(SELECT coalesce(n.wrapped, o.wrapped) FROM unnest(k.wrapped) WITH ORDINALITY o(wrapped, i)
            LEFT JOIN unnest($3) WITH ORDINALITY n(wrapped, i) ON n.i = o.i AND o.wrapped IS NOT NULL ORDER BY o.i)
        WHERE k.partition = $1 AND k.sequence = $2
        """;

    public const string ReplaceSigningKey = "UPDATE engine.signing_keys SET wrapped = $1 WHERE id = $2";
    /// <summary>Written anew: a page that is only cleaned keeps old bytes in its free room. No engine runs meanwhile.</summary>
    public const string VacuumReplaced = "VACUUM (FULL) engine.keys, engine.signing_keys";

    /// <summary>A dropped key is gone from the table only when the row's older versions are.</summary>
    public const string VacuumKeys = "VACUUM engine.keys";

    public const string LockSigningKeys = "LOCK TABLE engine.signing_keys IN EXCLUSIVE MODE";
    public const string ReadSigningKeys = "SELECT id, wrapped, created_at, retired_at FROM engine.signing_keys ORDER BY created_at, position";
    public const string RetireSigningKeys = "UPDATE engine.signing_keys SET retired_at = $1 WHERE retired_at IS NULL";
    public const string InsertSigningKey = "INSERT INTO engine.signing_keys(id, wrapped, created_at) VALUES ($1, $2, $3)";
    public const string DeleteSigningKey = "DELETE FROM engine.signing_keys WHERE id = $1 AND retired_at IS NOT NULL";

    /// <summary>Whoever moves frames to archives holds it; it ends with the connection.</summary>
    const string ArchivingLock = "7238942110254";
    public const string TryArchiving = $"SELECT pg_try_advisory_lock({ArchivingLock})";
    public const string StopArchiving = $"SELECT pg_advisory_unlock({ArchivingLock})";
    public const string ReadArchives = "SELECT first, last, file FROM engine.archives WHERE partition = $1 AND last > $2 ORDER BY first";
    public const string InsertArchive = "INSERT INTO engine.archives(partition, first, last, file) VALUES ($1, $2, $3, $4)";
    public const string ArchivedThrough = "SELECT coalesce(max(last), 0) FROM engine.archives WHERE partition = $1";

    /// <summary>A slice at a time, so that nobody's commit waits for long.</summary>
    public const string RemoveArchived =
        """
        DELETE FROM engine.journal WHERE partition = $1 AND sequence IN (
            SELECT sequence FROM engine.journal WHERE partition = $1 AND sequence <= (SELECT max(last) FROM engine.archives WHERE partition = $1)
            ORDER BY sequence LIMIT 256)
        """;

    /// <summary>Needs room of its own, and leaves it behind.</summary>
    public const string Probe = "INSERT INTO engine.probe(bytes) SELECT decode(repeat('00', 65536), 'hex')";
    public const string EndProbe = "DELETE FROM engine.probe";
}

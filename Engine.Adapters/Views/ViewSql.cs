using System.Text;
using Engine.Actors.Compact;

namespace Engine.Adapters.Views;

/// <summary>
/// All SQL that makes and writes the read models. The tables are described for their readers in docs/read-models.md; what is
/// asked of them by lists is put together in <c>OrderQuery</c>.
/// <para>
/// <c>number</c> is a SKU's or order's own: its partition, the frame it first appears in, and its place there. Rows of one
/// actor lie together, those of young orders at the end of the file, and a rebuild gives everybody the same number again.
/// </para>
/// </summary>
static class ViewSql
{
    /// <summary>Raised when the same tables are to hold something else than before.</summary>
    const int Revision = 2;

    /// <summary>What the tables are. A file of others is made anew.</summary>
    public static readonly long Version = ((long)Revision << 32) | Crc32C.Of(Encoding.UTF8.GetBytes(CreateTables));

    public const string CreateFile = "PRAGMA page_size=4096;";

    /// <summary>What is lost with the power is projected again, so nothing waits for the disk.</summary>
    public const string PrepareWriter = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8000;";

    /// <summary>A file that nobody reads yet: if anything interrupts it, it is begun again.</summary>
    public const string PrepareAlone = "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-131072;";

    public const string EndAlone = "PRAGMA journal_mode=WAL;";

    public const string PrepareReader = "PRAGMA temp_store=MEMORY; PRAGMA query_only=ON; PRAGMA cache_size=-8192;";

    public const string IsMade = "SELECT count(*) FROM sqlite_schema WHERE name='meta'";

    /// <summary>Rows of one actor lie together, but for its states: they are large, and a search would read each it passes.</summary>
    public const string CreateTables =
        """
        CREATE TABLE meta(version INTEGER NOT NULL, partitions INTEGER NOT NULL);
        CREATE TABLE progress(partition INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, at INTEGER NOT NULL, hash BLOB NOT NULL);

        CREATE TABLE orders(number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, platform TEXT NOT NULL, shop TEXT NOT NULL,
            platform_order_id TEXT NOT NULL, source TEXT, state TEXT NOT NULL, status TEXT NOT NULL, closed INTEGER NOT NULL,
            state_since INTEGER NOT NULL, operator TEXT, placed_at INTEGER, received_at INTEGER, urgency INTEGER NOT NULL, ship_by INTEGER,
            held_reason TEXT, lock_tier TEXT, lock_expires_at INTEGER, goods INTEGER NOT NULL, freight INTEGER NOT NULL, discount INTEGER NOT NULL,
            tax INTEGER NOT NULL, total INTEGER NOT NULL, currency TEXT NOT NULL, paid INTEGER NOT NULL, refunded INTEGER NOT NULL,
            province TEXT, city TEXT, carrier TEXT, tracking_number TEXT, tags TEXT, flags TEXT, row_check INTEGER NOT NULL,
            phone_hash INTEGER, name_hash INTEGER);
        CREATE INDEX orders_placed ON orders(placed_at, number) WHERE placed_at IS NOT NULL;
        CREATE INDEX orders_open ON orders(placed_at, number) WHERE placed_at IS NOT NULL AND closed=0;
        CREATE INDEX orders_state ON orders(state, placed_at, number, status) WHERE placed_at IS NOT NULL;
        CREATE INDEX orders_status ON orders(status, placed_at, number) WHERE placed_at IS NOT NULL;
        CREATE INDEX orders_platform_id ON orders(platform_order_id);
        CREATE INDEX orders_phone ON orders(phone_hash) WHERE phone_hash IS NOT NULL;
        CREATE INDEX orders_name ON orders(name_hash) WHERE name_hash IS NOT NULL;
        CREATE TABLE lines(number INTEGER NOT NULL, position INTEGER NOT NULL, line_id TEXT NOT NULL, sku TEXT, code TEXT NOT NULL,
            quantity INTEGER NOT NULL, warehouse TEXT, reservation_id TEXT, state TEXT NOT NULL, unit_price INTEGER NOT NULL,
            discount INTEGER NOT NULL, gift_of TEXT, presale INTEGER NOT NULL, part_of INTEGER, row_check INTEGER NOT NULL,
            PRIMARY KEY(number, position)) WITHOUT ROWID;
        CREATE TABLE tags(tag TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY(tag, number)) WITHOUT ROWID;
        CREATE TABLE history(number INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, status TEXT NOT NULL,
            event TEXT NOT NULL, source TEXT NOT NULL, operator TEXT, device TEXT, reason TEXT, reported_at INTEGER, behind INTEGER NOT NULL,
            PRIMARY KEY(number, sequence)) WITHOUT ROWID;

        CREATE TABLE skus(number INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, known INTEGER NOT NULL, name TEXT, strict INTEGER NOT NULL,
            safety_stock INTEGER NOT NULL, version INTEGER NOT NULL, on_hand INTEGER NOT NULL, reserved INTEGER NOT NULL,
            committed INTEGER NOT NULL, shortage INTEGER NOT NULL, available INTEGER NOT NULL, backorders INTEGER NOT NULL);
        CREATE TABLE stock(number INTEGER NOT NULL, warehouse TEXT NOT NULL, on_hand INTEGER NOT NULL, reserved INTEGER NOT NULL,
            committed INTEGER NOT NULL, shortage INTEGER NOT NULL, available INTEGER NOT NULL, received INTEGER NOT NULL,
            shipped INTEGER NOT NULL, written_off INTEGER NOT NULL, PRIMARY KEY(number, warehouse)) WITHOUT ROWID;
        CREATE TABLE reservations(number INTEGER NOT NULL, reservation_id TEXT NOT NULL, order_id TEXT NOT NULL, warehouse TEXT NOT NULL,
            quantity INTEGER NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL, tier TEXT NOT NULL, reserved_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL, ended_at INTEGER, PRIMARY KEY(number, reservation_id)) WITHOUT ROWID;
        CREATE TABLE movements(number INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL, warehouse TEXT,
            quantity INTEGER, cause TEXT NOT NULL, order_id TEXT, reservation_id TEXT, on_hand INTEGER NOT NULL, reserved INTEGER NOT NULL,
            committed INTEGER NOT NULL, shortage INTEGER NOT NULL, available INTEGER NOT NULL, there_on_hand INTEGER, there_reserved INTEGER,
            there_committed INTEGER, there_shortage INTEGER, there_available INTEGER, row_check INTEGER NOT NULL,
            PRIMARY KEY(number, sequence)) WITHOUT ROWID;
        CREATE TABLE replenishment(number INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, warehouse TEXT, shortfall INTEGER NOT NULL,
            since INTEGER NOT NULL, free INTEGER NOT NULL, safety_stock INTEGER NOT NULL, last_day INTEGER, committed TEXT NOT NULL,
            row_check INTEGER NOT NULL);

        CREATE TABLE events(number INTEGER NOT NULL, frame INTEGER NOT NULL, at INTEGER NOT NULL, sequence INTEGER NOT NULL,
            bytes BLOB NOT NULL, row_check INTEGER NOT NULL, PRIMARY KEY(number, frame)) WITHOUT ROWID;
        CREATE TABLE states(number INTEGER NOT NULL, frame INTEGER NOT NULL, at INTEGER NOT NULL, sequence INTEGER NOT NULL,
            bytes BLOB NOT NULL, row_check INTEGER NOT NULL);
        CREATE UNIQUE INDEX states_found ON states(number, frame, at, sequence);
        """;

    public const string InsertMeta = "INSERT INTO meta(version, partitions) VALUES(?, ?)";
    public const string ReadMeta = "SELECT version, partitions FROM meta";

    public const string Begin = "BEGIN IMMEDIATE";
    public const string BeginRead = "BEGIN";
    public const string Commit = "COMMIT";
    public const string Rollback = "ROLLBACK";
    /// <summary>Brings the log home: the file can be moved then.</summary>
    public const string TruncateLog = "PRAGMA wal_checkpoint(TRUNCATE)";

    public const string WriteProgress =
        "INSERT INTO progress(partition, sequence, at, hash) VALUES(?, ?, ?, ?) ON CONFLICT(partition) DO UPDATE SET sequence=excluded.sequence, at=excluded.at, hash=excluded.hash";
    public const string ReadProgress = "SELECT partition, sequence, at, hash FROM progress";

    public const string FindOrder = "SELECT number FROM orders WHERE order_id=?";
    public const string FindSku = "SELECT number FROM skus WHERE sku=?";

    public const int OrderColumnCount = 32;
    public const string OrderColumns =
        """
        number, order_id, platform, shop, platform_order_id, source, state, status, closed, state_since, operator, placed_at, received_at, urgency, ship_by,
        held_reason, lock_tier, lock_expires_at, goods, freight, discount, tax, total, currency, paid, refunded, province, city, carrier, tracking_number, tags, flags, row_check
        """;
    public static readonly string WriteOrder = Upsert("orders", OrderColumns, "number", isFixed: "order_id, platform, shop, platform_order_id");
    /// <summary>What changes once the order is there. Indexes on all else are left alone.</summary>
    public static readonly string ChangeOrder = Update(
        "orders", OrderColumns, "state, status, closed, state_since, operator, held_reason, lock_tier, lock_expires_at, paid, refunded, carrier, tracking_number, flags, row_check");
    public const string WritePerson = "UPDATE orders SET phone_hash=?, name_hash=? WHERE number=?";

    /// <summary>A component of a line that was corrected and is no bundle any more.</summary>
    public const long PartOfNoMore = -1;
    public const int LineColumnCount = 14;
    public const string LineColumns = "number, position, line_id, sku, code, quantity, warehouse, reservation_id, state, unit_price, discount, gift_of, presale, part_of, row_check";
    public static readonly string WriteLine = Upsert("lines", LineColumns, "number, position");
    public const string ReadLines = $"SELECT {LineColumns} FROM lines WHERE number=? ORDER BY position";
    public const string WriteTag = "INSERT INTO tags(tag, number) VALUES(?, ?) ON CONFLICT(tag, number) DO NOTHING";

    public static readonly string WriteHistory = Insert(
        "history", "number, sequence, at, state, status, event, source, operator, device, reason, reported_at, behind");

    public static readonly string WriteSku = Upsert(
        "skus", "number, sku, known, name, strict, safety_stock, version, on_hand, reserved, committed, shortage, available, backorders", "number", isFixed: "sku");
    public static readonly string WriteStock = Upsert(
        "stock", "number, warehouse, on_hand, reserved, committed, shortage, available, received, shipped, written_off", "number, warehouse");
    public const string ReadFlows = "SELECT warehouse, received, shipped, written_off FROM stock WHERE number=?";
    public const string ReadDifference = "SELECT sum(abs(received - on_hand - shipped - written_off)) FROM stock";
    public static readonly string WriteReservation = Upsert(
        "reservations", "number, reservation_id, order_id, warehouse, quantity, owner, state, tier, reserved_at, expires_at, ended_at", "number, reservation_id");

    public const int MovementColumnCount = 19;
    public const string MovementColumns =
        """
        number, sequence, at, event, warehouse, quantity, cause, order_id, reservation_id, on_hand, reserved, committed, shortage, available,
        there_on_hand, there_reserved, there_committed, there_shortage, there_available, row_check
        """;
    public static readonly string WriteMovement = Insert("movements", MovementColumns);

    public const int ReplenishmentColumnCount = 9;
    public const string ReplenishmentColumns = "number, sku, warehouse, shortfall, since, free, safety_stock, last_day, committed, row_check";
    public static readonly string WriteReplenishment = Upsert("replenishment", ReplenishmentColumns, "number");
    public const string DeleteReplenishment = "DELETE FROM replenishment WHERE number=?";
    public const string ReadReplenishments = $"SELECT {ReplenishmentColumns} FROM replenishment WHERE sku>? ORDER BY sku LIMIT ?";

    public const int PastColumnCount = 5;
    const string PastColumns = "number, frame, at, sequence, bytes, row_check";
    public static readonly string WriteEvents = Insert("events", PastColumns);
    public static readonly string WriteState = Insert("states", PastColumns);
    public const string ReadEvents = $"SELECT {PastColumns} FROM events WHERE number=? AND frame>? ORDER BY frame";
    public const string ReadNewestState = $"SELECT {PastColumns} FROM states WHERE number=? ORDER BY frame DESC LIMIT 1";
    public const string ReadStateByTime = $"SELECT {PastColumns} FROM states WHERE number=? AND at<=? ORDER BY frame DESC LIMIT 1";
    public const string ReadStateBySequence = $"SELECT {PastColumns} FROM states WHERE number=? AND sequence<? ORDER BY frame DESC LIMIT 1";

    static string Insert(string table, string columns) => $"INSERT INTO {table}({columns}) VALUES({Marks(columns)})";

    static string Upsert(string table, string columns, string key, string isFixed = "")
    {
        var changes = Split(columns).Except(Split(key)).Except(Split(isFixed)).Select(c => $"{c}=excluded.{c}");
        return $"{Insert(table, columns)} ON CONFLICT({key}) DO UPDATE SET {string.Join(", ", changes)}";
    }

    /// <summary>Takes all values, as an insert does, and writes some of them; the first names the row.</summary>
    static string Update(string table, string columns, string changing)
    {
        var all = Split(columns);
        return $"UPDATE {table} SET {string.Join(", ", Split(changing).Select(c => $"{c}=?{Array.IndexOf(all, c) + 1}"))} WHERE {all[0]}=?1";
    }

    static string Marks(string columns) => string.Join(", ", Split(columns).Select(_ => "?"));

    static string[] Split(string columns) => columns.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

using System.Diagnostics;
using Engine.Benchmarks.Measuring;
using Engine.Benchmarks.Workloads;
using Npgsql;
using NpgsqlTypes;

namespace Engine.Benchmarks.Peers;

/// <summary>
/// The usual way: a row of stock for each SKU, locked by the update that reserves, SKUs in order so that nobody deadlocks, orders
/// and lines in tables of their own. As statements of a transaction, or as one call of a function. It does less than the engine:
/// no expiry, no repeats recognised, no tokens, no history, no explanation, no personal data.
/// </summary>
sealed class PostgresOrders(string connectionString, World world, bool byFunction) : IAsyncDisposable
{
    const string Schema = """
        DROP TABLE IF EXISTS order_lines, orders, stock;
        CREATE TABLE stock(sku int PRIMARY KEY, on_hand int NOT NULL, reserved int NOT NULL, CHECK (reserved >= 0 AND on_hand >= reserved)) WITH (fillfactor = 50);
        CREATE TABLE orders(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status smallint NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL) WITH (fillfactor = 80);
        CREATE TABLE order_lines(order_id bigint NOT NULL, line int NOT NULL, sku int NOT NULL, quantity int NOT NULL, PRIMARY KEY (order_id, line));
        CREATE INDEX order_lines_sku ON order_lines(sku, order_id);
        CREATE OR REPLACE FUNCTION place_order(skus int[], quantities int[]) RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE placed bigint;
        BEGIN
          FOR i IN 1 .. array_length(skus, 1) LOOP
            UPDATE stock SET reserved = reserved + quantities[i] WHERE sku = skus[i] AND on_hand - reserved >= quantities[i];
            IF NOT FOUND THEN RAISE EXCEPTION 'out of stock: %', skus[i]; END IF;
          END LOOP;
          INSERT INTO orders(status, expires_at) VALUES (0, now() + interval '15 minutes') RETURNING id INTO placed;
          INSERT INTO order_lines SELECT placed, n, s, q FROM unnest(skus, quantities) WITH ORDINALITY AS t(s, q, n);
          RETURN placed;
        END $$;
        CREATE OR REPLACE FUNCTION pay_order(paid bigint) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE line record;
        BEGIN
          UPDATE orders SET status = 1 WHERE id = paid AND status = 0;
          IF NOT FOUND THEN RETURN false; END IF;
          FOR line IN SELECT sku, quantity FROM order_lines WHERE order_id = paid ORDER BY sku LOOP
            UPDATE stock SET on_hand = on_hand - line.quantity, reserved = reserved - line.quantity WHERE sku = line.sku;
          END LOOP;
          RETURN true;
        END $$;
        """;

    const string Reserve = "UPDATE stock SET reserved = reserved + $2 WHERE sku = $1 AND on_hand - reserved >= $2";
    const string Record = "INSERT INTO orders(status, expires_at) VALUES (0, now() + interval '15 minutes') RETURNING id";
    const string RecordLines = "INSERT INTO order_lines SELECT $1, n, s, q FROM unnest($2::int[], $3::int[]) WITH ORDINALITY AS t(s, q, n)";
    const string MarkPaid = "UPDATE orders SET status = 1 WHERE id = $1 AND status = 0";
    const string Commit = "UPDATE stock SET on_hand = on_hand - $2, reserved = reserved - $2 WHERE sku = $1";
    const string Place = "SELECT place_order($1, $2)";
    const string Pay = "SELECT pay_order($1)";
    const string Read = """
        SELECT s.on_hand, s.reserved, l.order_id, l.quantity, o.expires_at FROM stock s
        LEFT JOIN LATERAL (SELECT order_id, quantity FROM order_lines WHERE sku = s.sku ORDER BY order_id DESC LIMIT 20) l ON true
        LEFT JOIN orders o ON o.id = l.order_id AND o.status = 0 WHERE s.sku = $1
        """;

    readonly NpgsqlDataSource _source = new NpgsqlDataSourceBuilder(connectionString + ";Max Auto Prepare=20;Auto Prepare Min Usages=1;Maximum Pool Size=100;Include Error Detail=true").Build();

    /// <summary>Empty tables, a stocked catalogue, and everything on disk.</summary>
    public async Task ResetAsync()
    {
        await ExecuteAsync(Schema);
        await ExecuteAsync($"INSERT INTO stock SELECT n, 1000000000, 0 FROM generate_series(0, {world.Skus - 1}) AS n");
        await ExecuteAsync("VACUUM ANALYZE");
        await ExecuteAsync("CHECKPOINT");
    }

    async Task ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync();
    }

    public async Task<Sample> RunAsync(Work work, int clients, TimeSpan time)
    {
        var sample = new Sample();
        var start = Stopwatch.GetTimestamp();
        var until = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            await using var connection = await _source.OpenConnectionAsync();
            var random = new Random(client);
            for (var began = Stopwatch.GetTimestamp(); began < until; began = Stopwatch.GetTimestamp())
            {
                await OneAsync(connection, work, random);
                sample.Record(Outcome.Done, began, began);
            }
        })));
        (sample.Elapsed, sample.DoneInTime) = (Stopwatch.GetElapsedTime(start), sample.Done.Count);
        return sample;
    }

    async Task OneAsync(NpgsqlConnection connection, Work work, Random random)
    {
        if (work == Work.W4)
        {
            await ReadAsync(connection, world.PickRank(random));
            return;
        }
        var (skus, quantities) = Order(work, random);
        var id = byFunction ? await CallAsync<long>(connection, Place, Of(skus), Of(quantities)) : await PlaceAsync(connection, skus, quantities);
        if (work != Work.W2) return;
        if (byFunction) await CallAsync<bool>(connection, Pay, Of(id));
        else await PayAsync(connection, id, skus, quantities);
    }

    (int[] Skus, int[] Quantities) Order(Work work, Random random)
    {
        if (work == Work.W3) return ([0], [1]);
        var skus = new int[random.NextDouble() switch { < 0.4 => 1, < 0.8 => 2, _ => 3 }];
        for (var i = 0; i < skus.Length; i++) skus[i] = world.PickRank(random);
        Array.Sort(skus);
        return (skus, [.. skus.Select(_ => 1 + random.Next(2))]);
    }

    static async Task<long> PlaceAsync(NpgsqlConnection connection, int[] skus, int[] quantities)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        for (var i = 0; i < skus.Length; i++)
            if (await ChangeAsync(connection, Reserve, Of(skus[i]), Of(quantities[i])) != 1) throw new InvalidOperationException("PostgreSQL is out of stock");
        var id = await CallAsync<long>(connection, Record);
        await ChangeAsync(connection, RecordLines, Of(id), Of(skus), Of(quantities));
        await transaction.CommitAsync();
        return id;
    }

    static async Task PayAsync(NpgsqlConnection connection, long id, int[] skus, int[] quantities)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await ChangeAsync(connection, MarkPaid, Of(id));
        for (var i = 0; i < skus.Length; i++) await ChangeAsync(connection, Commit, Of(skus[i]), Of(quantities[i]));
        await transaction.CommitAsync();
    }

    static async Task ReadAsync(NpgsqlConnection connection, int sku)
    {
        await using var command = Command(connection, Read, Of(sku));
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) { }
    }

    static async Task<int> ChangeAsync(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    static async Task<T> CallAsync<T>(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }

    static NpgsqlParameter<int> Of(int value) => new() { TypedValue = value };

    static NpgsqlParameter<long> Of(long value) => new() { TypedValue = value };

    static NpgsqlParameter<int[]> Of(int[] value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}

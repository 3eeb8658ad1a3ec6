using Engine.Tests.Postgres;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Engine.Tests.Host;

/// <summary>The tables of an engine's read models as somebody beside it has them: to hold them up, and to look into them.</summary>
abstract class ViewsAside
{
    /// <summary>What an engine must be told to keep them there.</summary>
    public virtual Dictionary<string, string?>? Settings => null;

    /// <summary>Until it is disposed of nothing can be written; reading goes on.</summary>
    public abstract IDisposable Hold();

    public abstract string Scalar(string sql);

    public abstract bool Holds(string text);
}

sealed class FileViewsAside(TempFolder folder) : ViewsAside
{
    string Path => folder.File("data/views.db");

    public override IDisposable Hold() => Run(Open(""), "BEGIN IMMEDIATE");

    public override string Scalar(string sql)
    {
        using var connection = Open(";Mode=ReadOnly");
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!.ToString()!;
    }

    public override bool Holds(string text) => new[] { Path, Path + "-wal" }.Any(path =>
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0;
    });

    SqliteConnection Open(string more)
    {
        var connection = new SqliteConnection($"Data Source={Path};Pooling=False{more}");
        connection.Open();
        return connection;
    }

    static SqliteConnection Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
        return connection;
    }
}

sealed class PostgresViewsAside(string database) : ViewsAside
{
    public override Dictionary<string, string?> Settings => new() { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = database };

    public override IDisposable Hold()
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand("BEGIN; LOCK TABLE views.progress IN SHARE MODE", connection);
        command.ExecuteNonQuery();
        return connection;
    }

    public override string Scalar(string sql) => PostgresFixture.Scalar<object>(database, "SET search_path = views; " + sql).ToString()!;

    public override bool Holds(string text) => new[] { "orders", "lines", "tags", "history", "skus", "stock", "reservations", "movements", "replenishment", "events", "states" }.Any(table =>
        PostgresFixture.Scalar<bool>(database, $"SELECT EXISTS(SELECT FROM views.{table} t WHERE t::text LIKE '%{text}%' OR t::text LIKE '%{Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text))}%')"));
}

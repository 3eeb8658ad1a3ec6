using System.Data.Common;
using Engine.Actors.Kernel;
using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>
/// The connections to one server. Writers, take-overs and readers have pools of their own, so that however much is read the
/// journal's connection is there.
/// <para>
/// Time-outs are short on both sides. A server that does not answer is given up after ten seconds; one that no longer hears of a
/// node lets go of what that node had locked, and a node that was stopped in the middle is cut off by whoever takes over
/// (<see cref="TakeOver"/>).
/// </para>
/// </summary>
sealed class PostgresSource : IDisposable
{
    const int AnswerSeconds = 10;
    const int ReadSeconds = 60;
    const int ControlConnections = 4;
    const int ReadConnections = 8;
    const int ProjectConnections = 3;
    const int VersionMin = 15_00_00;

    // Writers rest on seeing what was committed before their lock was granted, so the isolation is not the database's to choose.
    const string SessionSettings =
        "-c default_transaction_isolation=read\\ committed -c idle_in_transaction_session_timeout=5s -c client_connection_check_interval=2s " +
        "-c tcp_user_timeout=5s -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3";

    readonly NpgsqlConnectionStringBuilder _settings;
    readonly bool _allowUnsafe;
    readonly NpgsqlDataSource _writing, _control, _reading, _projecting;

    /// <exception cref="StartupException">It is no connection string.</exception>
    public PostgresSource(string connectionString, string node, bool allowUnsafe)
    {
        _settings = Parse(connectionString);
        _allowUnsafe = allowUnsafe;
        _settings.Enlist = false;
        _settings.TcpKeepAlive = true;
        _settings.TcpKeepAliveTime = 5;
        _settings.TcpKeepAliveInterval = 2;
        _settings.MaxAutoPrepare = 32;
        _settings.AutoPrepareMinUsages = 1;
        _settings.Timeout = AnswerSeconds;
        _writing = Pool($"engine {node} journal", 1, AnswerSeconds, "");
        // Taking over waits for a standby where there is one, whatever appends do: what it has seen durable must stay so.
        _control = Pool($"engine {node} control", ControlConnections, AnswerSeconds, "-c synchronous_commit=on");
        _reading = Pool($"engine {node} reader", ReadConnections, ReadSeconds, "");
        // What is lost with the server is projected again, so nothing waits for its disk.
        _projecting = Pool($"engine {node} read models", ProjectConnections, ReadSeconds, "-c synchronous_commit=off -c idle_in_transaction_session_timeout=60s");
        // Shown in messages and logs.
        Name = $"PostgreSQL {_settings.Host}:{_settings.Port}/{_settings.Database ?? _settings.Username}";
    }

    /// <summary>Where the store is, without secrets.</summary>
    public string Name { get; }

    public NpgsqlConnection OpenWriting() => Open(_writing);
    public NpgsqlConnection OpenControl() => Open(_control);
    public NpgsqlConnection OpenReading() => Open(_reading);
    public NpgsqlConnection OpenProjecting() => Open(_projecting);

    /// <summary>What went wrong lies in the store or on the way to it.</summary>
    public static bool IsFault(Exception e) => e is DbException or TimeoutException or IOException;

    public StoreUnavailableException Unavailable(string what, Exception e) => new($"{Name} {what}: {e.Message}", e);

    /// <exception cref="StartupException" />
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(settings.Host) ? throw new StartupException("The PostgreSQL connection string names no Host.") : settings;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or OverflowException or InvalidCastException)
        {
            // What it says may be a piece of a password with a semicolon in it.
            throw new StartupException("The PostgreSQL connection string is none that Npgsql understands (Host=…;Port=…;Database=…;Username=…;Password=…; quote a password that holds a semicolon).");
        }
    }

    NpgsqlDataSource Pool(string application, int connections, int seconds, string sessionSettings)
    {
        var settings = new NpgsqlConnectionStringBuilder(_settings.ConnectionString)
        {
            ApplicationName = application[..Math.Min(application.Length, 63)],
            MinPoolSize = 0,
            MaxPoolSize = connections,
            CommandTimeout = seconds,
            Options = $"{_settings.Options} {SessionSettings} {sessionSettings}".Trim(),
        };
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UsePhysicalConnectionInitializer(Check, connection =>
        {
            Check(connection);
            return Task.CompletedTask;
        });
        return settings.Host!.Contains(',') ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary) : builder.Build();
    }

    NpgsqlConnection Open(NpgsqlDataSource pool)
    {
        try
        {
            return pool.OpenConnection();
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Unavailable("can't be reached", e);
        }
    }

    /// <summary>At every new connection, since a server's settings can be changed under a running engine.</summary>
    void Check(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Sql.ReadServer, connection);
        using var row = command.ExecuteReader();
        row.Read();
        var faults = new List<string>();
        if (row.GetInt32(0) < VersionMin) faults.Add("it is older than PostgreSQL 15");
        if (row.GetString(5) != "UTF8") faults.Add($"the database's encoding is {row.GetString(5)}, not UTF8");
        if (row.GetBoolean(4)) faults.Add("it is a standby");
        if (!_allowUnsafe)
        {
            var hint = "; Engine:AllowUnsafePostgres takes it nevertheless";
            if (!row.GetBoolean(1)) faults.Add($"fsync is off: a power cut loses what was acknowledged{hint}");
            if (!row.GetBoolean(2)) faults.Add($"full_page_writes is off: a power cut can tear pages{hint}");
            if (row.GetString(3) == "off") faults.Add($"synchronous_commit is off: a crash loses what was acknowledged{hint}");
        }
        if (faults.Count > 0) throw new UnfitServerException($"{Name} can't keep a journal: {string.Join("; ", faults)}.");
    }

    public void Dispose()
    {
        _writing.Dispose();
        _control.Dispose();
        _reading.Dispose();
        _projecting.Dispose();
    }
}

/// <summary>A server that is there and must not be used.</summary>
sealed class UnfitServerException(string message) : DbException(message);

using Engine.Actors.Kernel;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Journals.Sqlite;
using Engine.Host.Settings;

namespace Engine.Host;

/// <summary>Opens the store that the settings name: to serve, to work on it alone, or only to read it.</summary>
static class Stores
{
    /// <summary>The settings in force for a command; a folder that is given is that of an embedded store.</summary>
    /// <exception cref="Engine.Adapters.StartupException">The settings can't be used.</exception>
    public static EngineSettings Configured(string? data)
    {
        var settings = SettingsReader.Read(EngineHost.Configuration(new Dictionary<string, string?>()));
        if (data is not null) (settings.Store, settings.DataDirectory) = ("sqlite", data);
        return settings;
    }

    /// <param name="alone">No engine may be running on it.</param>
    /// <exception cref="Engine.Adapters.StartupException" />
    public static IStore Open(EngineSettings settings, TimeProvider time, bool alone = false, Action<WriteStep>? atStep = null)
    {
        var postgres = Postgres(settings, time) with { Alone = alone, AtStep = atStep };
        return settings.Store == "sqlite" ? OpenSqlite(settings, time, atStep)
            : settings.PostgresShards.Count == 0 ? new PostgresJournal(postgres)
            : new PostgresShards(postgres, settings.PostgresShards);
    }

    public static PostgresJournalOptions Postgres(EngineSettings settings, TimeProvider time) => new()
    {
        ConnectionString = settings.Postgres ?? "", Partitions = settings.Partitions, Node = settings.NodeName, TimeProvider = time,
        AllowUnsafe = settings.AllowUnsafePostgres, ArchiveDirectory = settings.Archive.Directory,
    };

    static SqliteJournal OpenSqlite(EngineSettings settings, TimeProvider time, Action<WriteStep>? atStep) =>
        new(new SqliteJournalOptions { Directory = settings.DataDirectory, Partitions = settings.Partitions, TimeProvider = time, AtStep = atStep });

    /// <exception cref="Engine.Adapters.StartupException" />
    /// <exception cref="StoreUnavailableException" />
    public static IJournalReader Read(EngineSettings settings) => settings.Store == "postgres"
        ? new PostgresShardsReader([settings.Postgres!, .. settings.PostgresShards], settings.Archive.Directory)
        : new SqliteReader(settings.DataDirectory);
}

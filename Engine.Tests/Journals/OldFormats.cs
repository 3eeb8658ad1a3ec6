using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Sqlite;
using Microsoft.Data.Sqlite;

namespace Engine.Tests.Journals;

/// <summary>Embedded stores as earlier builds made them.</summary>
static class OldFormats
{
    /// <summary>Makes a store that rests one of format 2: an index over journal and keys, and no places.</summary>
    public static void MakeSecond(string directory)
    {
        using var connection = SqliteFile.Connection(StoreFile.PathIn(directory), SqliteOpenMode.ReadWrite);
        connection.Open();
        SqliteFile.Execute(connection,
            """
            DROP TABLE frame_places; DROP TABLE key_places; DROP TABLE placed;
            CREATE UNIQUE INDEX frames_by_sequence ON journal(partition, sequence);
            CREATE UNIQUE INDEX keys_by_sequence ON keys(partition, sequence);
            UPDATE meta SET format=2;
            """);
    }
}

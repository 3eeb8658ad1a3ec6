using Engine.Actors.Kernel;
using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>How far one partition's journal is projected.</summary>
/// <param name="At">The time of that frame, milliseconds since 1970 UTC.</param>
/// <param name="Hash">By which a journal is known again.</param>
public readonly record struct FrameProgress(long Sequence, long At, FrameHash Hash)
{
    const int HashBytes = 16;

    internal static FrameProgress[] Read(Statement statement, int partitions)
    {
        var progress = new FrameProgress[partitions];
        try
        {
            while (statement.Step())
            {
                var partition = statement.Long(0);
                var hash = statement.Blob(3);
                if (partition < 0 || partition >= partitions || hash.Length != HashBytes) throw new DamagedRowException("the checkpoint is not as it was written");
                progress[partition] = new FrameProgress(statement.Long(1), statement.Long(2), FrameHash.Read(hash));
            }
        }
        finally
        {
            statement.Reset();
        }
        return progress;
    }

    internal void Write(Statement statement, int partition)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Hash.Write(hash);
        statement.With(partition).With(Sequence).With(At).With(hash).Run();
    }
}

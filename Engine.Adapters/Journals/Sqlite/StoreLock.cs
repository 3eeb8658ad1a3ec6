using System.Globalization;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// One engine per data folder: holds <c>engine.lock</c> opened exclusively for as long as it lives. The operating system
/// lets go of it when the process ends, however it ends. Nobody else can open a locked file, so who holds it stands
/// beside it, in <c>engine.pid</c>.
/// </summary>
public sealed class StoreLock : IDisposable
{
    readonly FileStream _file;
    readonly string _ownerPath;

    StoreLock(FileStream file, string ownerPath)
    {
        _file = file;
        _ownerPath = ownerPath;
    }

    /// <exception cref="StartupException">Another process has the folder, or the folder can't be used.</exception>
    public static StoreLock Take(string directory, TimeProvider time)
    {
        var folder = Path.GetFullPath(directory);
        var ownerPath = Path.Combine(folder, "engine.pid");
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(folder, "engine.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsTaken(e))
        {
            throw new StartupException($"The data folder {folder} is in use by another engine ({OwnerOf(ownerPath)}). End that one first, or give this one a folder of its own.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data folder {folder} can't be used: {e.Message}", e);
        }

        try
        {
            var started = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            File.WriteAllText(ownerPath, $"pid {Environment.ProcessId}, started {started}\n");
            return new StoreLock(file, ownerPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            throw new StartupException($"The data folder {folder} can't be written to: {e.Message}", e);
        }
    }

    // The framework has no type for it, only the codes of the systems: EWOULDBLOCK of Linux and macOS, a sharing violation of Windows.
    static bool IsTaken(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    static string OwnerOf(string ownerPath)
    {
        try
        {
            return File.ReadAllText(ownerPath).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "which one is not known";
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_ownerPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It only informs; the lock itself is let go of below.
        }
        _file.Dispose();
    }
}

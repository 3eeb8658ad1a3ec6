using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Engine.Adapters;
using Engine.Host.Settings;

namespace Engine.Host.Security;

/// <summary>
/// Where no keys are configured, the first start makes one admin key and leaves it in a file that only its owner can read;
/// later starts take it from there.
/// </summary>
static class AdminKeyFile
{
    public const string Name = "admin.key";
    const int KeyBytes = 32;

    /// <exception cref="StartupException">The file can't be read or made.</exception>
    public static ApiKeySettings LoadOrCreate(string directory, out string path, out bool isNew)
    {
        path = Path.Combine(Path.GetFullPath(directory), Name);
        try
        {
            isNew = !File.Exists(path);
            if (isNew) Create(path);
            var key = File.ReadAllText(path).Trim();
            if (key.Length == 0) throw new StartupException($"The admin key file {path} holds no key. Where it is deleted, the next start makes another.");
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
            return new ApiKeySettings { Name = "admin", Role = "admin", Sha256 = Convert.ToHexStringLower(hash) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The admin key file {path} can't be read or made: {e.Message}", e);
        }
    }

    static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Under another name first: a crash half way must not leave half a key.
        var unfinished = path + ".new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(Encoding.ASCII.GetBytes(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes)) + "\n"));
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path);
    }
}

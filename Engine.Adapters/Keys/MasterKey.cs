using System.Security.Cryptography;
using System.Text;

namespace Engine.Adapters.Keys;

/// <summary>
/// The one secret that lives outside the store: 32 random bytes in a file only its owner can read. What the store keeps
/// sealed can't be opened without it, so it is backed up apart from the store. It is used only to derive keys from, one
/// for each purpose.
/// </summary>
public sealed class MasterKey
{
    const int Bytes = 32;
    const UnixFileMode OwnerReads = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    readonly byte[] _secret;

    MasterKey(byte[] secret) => _secret = secret;

    /// <summary>Reads the file, or makes it when there is none.</summary>
    /// <exception cref="StartupException">The file can't be read, is not a key, or may be read by others.</exception>
    public static MasterKey LoadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path)) Create(path);
            return Load(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The master key file {path} can't be read or made: {e.Message}", e);
        }
    }

    static void Create(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, OwnerReads | UnixFileMode.UserExecute);
        }

        // Under another name first: a crash half way must not leave a file that looks like a key and is none.
        var unfinished = path + ".new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerReads;
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Bytes));
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: false);
    }

    static MasterKey Load(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMay) != UnixFileMode.None)
            throw new StartupException($"The master key file {path} may be read or written by others than its owner. Make it private: chmod 600 {path}");
        var secret = File.ReadAllBytes(path);
        return secret.Length == Bytes
            ? new MasterKey(secret)
            : throw new StartupException($"The master key file {path} holds {secret.Length} bytes instead of {Bytes}: it is not a master key.");
    }

    internal byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, Bytes, salt: [], info: Encoding.UTF8.GetBytes(purpose));
}

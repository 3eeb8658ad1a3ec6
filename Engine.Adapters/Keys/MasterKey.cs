using System.Security.Cryptography;
using System.Text;

namespace Engine.Adapters.Keys;

/// <summary>
/// The one secret that lives outside the store: 32 random bytes in a file only its owner can read. What the store keeps
/// sealed can't be opened without it, so it is backed up apart from the store. It is used only to derive keys from, one
/// for each purpose.
/// <para>
/// One that has replaced another carries the key of fingerprints along, behind its own 32 bytes: what was hashed by it stands in the
/// journal, and equal values must go on being recognised.
/// </para>
/// </summary>
public sealed class MasterKey
{
    const int Bytes = 32;
    const UnixFileMode OwnerReads = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    readonly byte[] _secret;

    MasterKey(byte[] file) => (_secret, Fingerprints) = (file[..Bytes], file.Length > Bytes ? file[Bytes..] : Derive(file, "engine: fingerprints"));

    /// <summary>The key of fingerprints (<see cref="PersonalSeal.KeyedHash(string, string)"/>).</summary>
    internal byte[] Fingerprints { get; }

    /// <summary>Reads the file, or makes it when there is none: for a store that nothing is sealed in yet.</summary>
    /// <exception cref="StartupException">The file can't be read, is not a key, may be read by others, or is being replaced.</exception>
    public static MasterKey LoadOrCreate(string path) => Guarded(path, () =>
    {
        RefuseReplaced(path);
        if (!File.Exists(path)) Create(path, RandomNumberGenerator.GetBytes(Bytes));
        return Read(path);
    });

    /// <summary>Reads the file.</summary>
    /// <exception cref="StartupException">There is none, it can't be read, is not a key, may be read by others, or is being replaced.</exception>
    public static MasterKey Load(string path) => Guarded(path, () =>
    {
        RefuseReplaced(path);
        return Read(path);
    });

    static void RefuseReplaced(string path)
    {
        if (File.Exists(ReplacementOf(path))) throw new StartupException($"The master key {path} is being replaced: the same -- rekey again completes it.");
    }

    static string ReplacementOf(string path) => path + ".next";

    /// <summary>The key in a file and the one that replaces it, which is made beside it where an interrupted attempt has not made it.</summary>
    /// <exception cref="StartupException">There is no such file, or it can't be used.</exception>
    public static (MasterKey Old, MasterKey Replacement) BeginReplacement(string path) => Guarded(path, () =>
    {
        var old = Read(path);
        if (!File.Exists(ReplacementOf(path))) Create(ReplacementOf(path), [.. RandomNumberGenerator.GetBytes(Bytes), .. old.Fingerprints]);
        return (old, Read(ReplacementOf(path)));
    });

    /// <summary>Puts the replacement in the place of the key, which is kept beside it: backups of before open only by it.</summary>
    /// <returns>Where the old key is.</returns>
    /// <exception cref="StartupException" />
    public static string CompleteReplacement(string path, DateTimeOffset now) => Guarded(path, () =>
    {
        var retired = $"{path}.until-{now.UtcDateTime:yyyyMMdd-HHmmss}";
        File.Copy(path, retired, overwrite: true);
        Settle(retired);
        File.Move(ReplacementOf(path), path, overwrite: true);
        Settle(path);
        return retired;
    });

    static T Guarded<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The master key file {path} can't be read or made: {e.Message}", e);
        }
    }

    static void Create(string path, byte[] key)
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
            file.Write(key);
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: false);
        Settle(path);
    }

    /// <summary>On disk under its name: what is wrapped by the key may be on another machine's disk the moment after.</summary>
    static void Settle(string path)
    {
        using var file = File.OpenHandle(path, access: OperatingSystem.IsWindows() ? FileAccess.ReadWrite : FileAccess.Read);
        RandomAccess.FlushToDisk(file);
    }

    static MasterKey Read(string path)
    {
        if (!File.Exists(path)) throw new StartupException($"There is no master key at {path}, and what a store keeps sealed opens by its own alone. Put it back from where a copy is kept; the first start on a new store makes one.");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMay) != UnixFileMode.None)
            throw new StartupException($"The master key file {path} may be read or written by others than its owner. Make it private: chmod 600 {path}");
        var file = File.ReadAllBytes(path);
        return file.Length is Bytes or 2 * Bytes
            ? new MasterKey(file)
            : throw new StartupException($"The master key file {path} holds {file.Length} bytes instead of {Bytes}: it is not a master key.");
    }

    internal byte[] Derive(string purpose) => Derive(_secret, purpose);

    static byte[] Derive(byte[] secret, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, Bytes, salt: [], info: Encoding.UTF8.GetBytes(purpose));
}

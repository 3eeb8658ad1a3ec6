using System.CommandLine;
using Engine.Adapters;

namespace Engine.Host.Cli;

/// <summary>Options as several commands have them.</summary>
static class Options
{
    /// <summary>A whole number.</summary>
    public static Option<int> Count(string name, int usual, string description, int least = 1)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result => { if (result.GetValueOrDefault<int>() < least) result.AddError($"{name} is {least} or more"); });
        return option;
    }

    /// <summary>The address of an engine that runs.</summary>
    public static Option<Uri?> Address(string name, string description) => new(name)
    {
        Description = description,
        // The library reads no addresses by itself.
        CustomParser = result =>
        {
            var given = result.Tokens.Single().Value;
            if (Uri.TryCreate(given, UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return address;
            result.AddError($"{name}: {given} is no address like http://127.0.0.1:5080");
            return null;
        },
    };

    /// <summary>A file for what the work comes to. Whether it can be written is tried before anything is measured, and leaves nothing behind: an hour later is too late to learn that it can't.</summary>
    public static Option<FileInfo?> Output(string name, string description)
    {
        var option = new Option<FileInfo?>(name) { Description = description };
        option.Validators.Add(result => { if (result.GetValueOrDefault<FileInfo?>() is { } file && Obstacle(file) is { } obstacle) result.AddError($"{name}: {obstacle}"); });
        return option;
    }

    /// <summary>The API key in a file: on a command line everybody on the machine could see it.</summary>
    /// <exception cref="StartupException">It can't be read.</exception>
    public static async Task<string> ReadKeyAsync(string path)
    {
        try
        {
            var key = (await File.ReadAllTextAsync(path)).Trim();
            return !key.Any(char.IsWhiteSpace) ? key : throw new StartupException($"{path} holds more than a key.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{path} can't be read: {e.Message}", e);
        }
    }

    static string? Obstacle(FileInfo file)
    {
        if (Directory.Exists(file.FullName)) return $"{file.FullName} is a folder, and the name of a file is wanted";
        try
        {
            file.Directory!.Create();
            using var tried = file.Exists
                ? file.Open(FileMode.Open, FileAccess.Write)
                : file.Open(new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}

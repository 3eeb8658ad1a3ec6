using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Engine.Load.Torture;

/// <summary>
/// A private PostgreSQL server in a folder of its own on a free loopback port, flushing to disk as in production. Started by root
/// it runs as the user <c>postgres</c>. It ends with this process, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    const string User = "engine";
    static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);

    /// <summary>Watches its standard input, which the operating system closes when the one who started it is gone.</summary>
    const string Keeper =
        """
        "$1" -D "$2" & server=$!
        while read -r line; do :; done
        kill -QUIT $server 2>/dev/null; wait $server
        """;

    readonly string _folder;
    readonly IReadOnlyDictionary<string, string> _settings;
    Process? _keeper;

    PostgresServer(string folder, IReadOnlyDictionary<string, string> settings, string? password = null)
    {
        (_folder, _settings) = (folder, settings);
        Password = password ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
    }

    public int Port { get; } = Ports.Free();
    public string Password { get; }
    /// <summary>It does not run, by whatever cause.</summary>
    public bool HasEnded => !File.Exists(Path.Combine(Data, "postmaster.pid")) || !Directory.Exists($"/proc/{Postmaster}") || IsZombie(Postmaster);

    public string Data => Path.Combine(_folder, "data");
    public string LogPath => Path.Combine(_folder, "server.log");

    /// <summary>The process that all others of the server belong to.</summary>
    public int Postmaster => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>For Npgsql.</summary>
    public string ConnectionString(string database = "postgres", int? port = null) =>
        $"Host=127.0.0.1;Port={port ?? Port};Database={database};Username={User};Password={Password}";

    /// <summary>Makes a new server and starts it.</summary>
    /// <param name="settings">Server settings beside the usual ones.</param>
    /// <param name="parent">Where its folder is made; that of temporary files where none is given.</param>
    /// <exception cref="FileNotFoundException">PostgreSQL is not installed.</exception>
    public static async Task<PostgresServer> StartNewAsync(IReadOnlyDictionary<string, string>? settings = null, string? parent = null)
    {
        var folder = parent is null ? Directory.CreateTempSubdirectory("engine-postgres-").FullName : Directory.CreateDirectory(Path.Combine(parent, "postgres")).FullName;
        var server = new PostgresServer(folder, settings ?? new Dictionary<string, string>());
        try
        {
            await server.MakeAsync();
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A standby that follows another server, of the same users and passwords.</summary>
    public static async Task<PostgresServer> StartStandbyAsync(PostgresServer primary)
    {
        var server = new PostgresServer(Directory.CreateTempSubdirectory("engine-postgres-").FullName, primary._settings, primary.Password);
        try
        {
            if (Environment.IsPrivilegedProcess) await server.RunAsync("chown", "postgres", server._folder);
            await server.RunAsAsync(Tool("pg_basebackup"), "-h", "127.0.0.1", "-p", $"{primary.Port}", "-U", User, "-D", server.Data, "-R", "-X", "stream", "-c", "fast", "--no-sync");
            await server.ConfigureAsync();
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a standby the primary.</summary>
    public Task PromoteAsync() => RunAsAsync(Tool("pg_ctl"), "-D", Data, "-w", "promote");

    async Task MakeAsync()
    {
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "postgres", _folder);
        var passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, Password);
        await RunAsAsync(Tool("initdb"), "-D", Data, "-U", User, "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync");
        File.Delete(passwordFile);
        await ConfigureAsync();
    }

    // Of two settings with one name the later counts.
    Task ConfigureAsync() => File.AppendAllLinesAsync(Path.Combine(Data, "postgresql.conf"),
    [
        "listen_addresses = '127.0.0.1'",
        $"port = {Port}",
        $"unix_socket_directories = '{_folder}'",
        "shared_buffers = 64MB",
        "max_connections = 60",
        "logging_collector = off",
        .. _settings.Select(setting => $"{setting.Key} = '{setting.Value}'"),
    ]);

    /// <summary>Starts it, or starts it again, and waits until it takes connections.</summary>
    public async Task StartAsync()
    {
        if (_keeper is { HasExited: false })
        {
            if (!HasEnded) throw new InvalidOperationException("it runs already");
            // Only who watched it is left.
            _keeper.StandardInput.Close();
            await _keeper.WaitForExitAsync();
        }
        _keeper?.Dispose();
        var (file, arguments) = As("/bin/sh", ["-c", $"exec 2>>'{LogPath}' >&2; {Keeper}", "keeper", Tool("postgres"), Data]);
        _keeper = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, UseShellExecute = false })!;
        await WaitAsync();
    }

    /// <summary>Waits until it takes connections, also after it has been killed and started again by others.</summary>
    public async Task WaitAsync()
    {
        var waited = Stopwatch.StartNew();
        while (await ExitCodeAsync(Tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", $"{Port}", "-t", "1") != 0)
        {
            if (_keeper!.HasExited || waited.Elapsed > StartMax) throw new InvalidOperationException($"PostgreSQL does not start: {await File.ReadAllTextAsync(LogPath)}");
            await Task.Delay(50);
        }
    }

    /// <summary>As when the machine loses the server: all its processes die at once, and nobody starts it again.</summary>
    public async Task KillAsync()
    {
        var processes = Processes();
        foreach (var process in processes) await ExitCodeAsync("kill", "-KILL", $"{process}");
        // Its shared memory is gone when the last of them is.
        while (processes.Any(id => Directory.Exists($"/proc/{id}") && !IsZombie(id))) await Task.Delay(5);
        _keeper!.StandardInput.Close();
        await _keeper.WaitForExitAsync();
    }

    /// <summary>Ends it in order, as an operator would: open transactions are broken off, everything is written.</summary>
    public async Task StopAsync()
    {
        await RunAsAsync(Tool("pg_ctl"), "-D", Data, "-m", "fast", "-w", "stop");
        _keeper!.StandardInput.Close();
        await _keeper.WaitForExitAsync();
    }

    /// <summary>The postmaster and all its children.</summary>
    public IReadOnlyList<int> Processes()
    {
        var postmaster = Postmaster;
        return [postmaster, .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Where(id => ParentOf(id) == postmaster)];
    }

    /// <summary>Runs one of PostgreSQL's own programs (<c>createdb</c>, <c>pg_dump</c>) against this server.</summary>
    public Task RunToolAsync(string tool, params string[] arguments) =>
        RunAsAsync(Tool(tool), ["-h", "127.0.0.1", "-p", $"{Port}", "-U", User, .. arguments]);

    /// <summary>Where one of PostgreSQL's programs is.</summary>
    /// <exception cref="FileNotFoundException">PostgreSQL is not installed.</exception>
    public static string Tool(string name)
    {
        const string Debian = "/usr/lib/postgresql";
        IEnumerable<string> versions = Directory.Exists(Debian) ? Directory.GetDirectories(Debian).OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0) : [];
        var paths = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return versions.Select(version => Path.Combine(version, "bin", name)).Concat(paths.Select(path => Path.Combine(path, name))).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{name} is not there: install PostgreSQL (Debian: postgresql)");
    }

    static int ParentOf(int id)
    {
        try
        {
            // The name of the program may hold anything but ends with the last bracket.
            var status = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    static bool IsZombie(int id)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{id}/stat");
            return status[status.LastIndexOf(')') + 2] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    static (string File, string[] Arguments) As(string file, string[] arguments) =>
        Environment.IsPrivilegedProcess ? ("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", file, .. arguments]) : (file, arguments);

    Task RunAsAsync(string file, params string[] arguments)
    {
        var (real, all) = As(file, arguments);
        return RunAsync(real, all);
    }

    async Task RunAsync(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" };
        start.Environment["PGPASSWORD"] = Password;
        using var process = Process.Start(start)!;
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{Path.GetFileName(file)} ended with {process.ExitCode}: {await said}{await wrong}");
    }

    static async Task<int> ExitCodeAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_keeper is { HasExited: false })
        {
            _keeper.StandardInput.Close();
            await _keeper.WaitForExitAsync();
        }
        _keeper?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

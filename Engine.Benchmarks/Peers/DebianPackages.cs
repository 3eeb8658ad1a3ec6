using System.Diagnostics;
using Engine.Adapters;

namespace Engine.Benchmarks.Peers;

/// <summary>Servers that are compared with come from Debian; where one is missing it is installed, by who may do that.</summary>
static class DebianPackages
{
    /// <exception cref="StartupException">It is missing and can't be installed.</exception>
    public static void Need(string package, Func<bool> isThere)
    {
        if (isThere()) return;
        if (Environment.IsPrivilegedProcess && File.Exists("/usr/bin/apt-get"))
        {
            Console.Error.WriteLine($"installing {package} …");
            Run("update", "-qq");
            Run("install", "-y", "-qq", "--no-install-recommends", package);
        }
        if (!isThere()) throw new StartupException($"The package {package} is missing. Install it (Debian: apt-get install {package}), or leave it out with --only.");
    }

    public static void NeedPostgres() => Need("postgresql", () => Directory.Exists("/usr/lib/postgresql") || IsOnPath("postgres"));

    public static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    static void Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("apt-get", arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
    }
}

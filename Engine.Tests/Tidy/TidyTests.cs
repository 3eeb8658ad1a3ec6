using System.Text.RegularExpressions;
using Xunit;

namespace Engine.Tests.Tidy;

/// <summary>What analyzers can't see: arrows between folders, links in documents, words that do not belong. Each message names the remedy.</summary>
public sealed partial class TidyTests
{
    static readonly string Root = FindRoot();

    static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Engine.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Engine.sln is not above the tests");
        return folder;
    }

    static IEnumerable<string> Files(string pattern, string under = "") =>
        Directory.EnumerateFiles(Path.Combine(Root, under), pattern, SearchOption.AllDirectories)
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or ".git" or "data" or "TestResults" or "BenchmarkDotNet.Artifacts"));

    static string Name(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    [Theory]
    [InlineData("Engine.Actors", "")]
    [InlineData("Engine.Load", "")]
    [InlineData("Engine.Simulation", "Engine.Actors")]
    [InlineData("Engine.Adapters", "Engine.Actors")]
    [InlineData("Engine.Host", "Engine.Actors Engine.Adapters Engine.Load Engine.Simulation")]
    public void Projects_refer_only_inward(string project, string allowed)
    {
        var text = File.ReadAllText(Path.Combine(Root, project, project + ".csproj"));
        var referred = ProjectReference().Matches(text).Select(m => m.Groups[1].Value);
        var outward = referred.Except(allowed.Split(' ')).ToArray();
        Assert.True(outward.Length == 0, $"{project} refers to {string.Join(", ", outward)}: arrows point from the host to the adapters to the actors (docs/architecture.md)");
    }

    [Fact]
    public void The_actors_need_no_package()
    {
        var text = File.ReadAllText(Path.Combine(Root, "Engine.Actors", "Engine.Actors.csproj"));
        Assert.False(text.Contains("PackageReference", StringComparison.Ordinal), "Engine.Actors stands on the framework alone: put what needs a package into an adapter");
    }

    [Theory]
    [InlineData("Compact", "Kernel Inventory Carts Orders Fulfilment Verification")]
    [InlineData("Deciders", "Compact Kernel Inventory Carts Orders Fulfilment Verification")]
    [InlineData("Kernel", "Inventory Carts Orders Fulfilment Verification")]
    [InlineData("Inventory", "Kernel Carts Orders Verification")]
    [InlineData("Fulfilment", "Kernel Carts Orders Inventory Verification")]
    [InlineData("Carts", "Kernel Orders Verification")]
    [InlineData("Orders", "Kernel Carts Verification")]
    public void Folders_of_the_actors_know_only_what_lies_further_in(string folder, string forbidden)
    {
        foreach (var file in Files("*.cs", Path.Combine("Engine.Actors", folder)))
        {
            var text = File.ReadAllText(file);
            foreach (var other in forbidden.Split(' '))
                Assert.False(text.Contains($"using Engine.Actors.{other};", StringComparison.Ordinal), $"{Name(file)} uses {other}: {folder} must not know it");
        }
    }

    [Fact]
    public void The_kernel_stays_small()
    {
        var lines = Files("*.cs", "Engine.Actors/Kernel").Sum(f => File.ReadLines(f).Count());
        Assert.True(lines < 3000, $"the kernel has {lines} lines: what can live outside it?");
    }

    [Fact]
    public void Nothing_is_left_unfinished()
    {
        foreach (var file in Files("*.cs").Concat(Files("*.md")).Where(f => !f.EndsWith("TidyTests.cs", StringComparison.Ordinal)))
        {
            var found = Unfinished().Match(File.ReadAllText(file));
            Assert.False(found.Success, $"{Name(file)} says {found.Value}: finish it, or say plainly in a document what is not there");
        }
    }

    [Fact]
    public void Suppressions_give_their_reason()
    {
        foreach (var file in Files("*.cs").Where(f => !f.EndsWith("TidyTests.cs", StringComparison.Ordinal)))
        {
            var lines = File.ReadAllLines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                if (!lines[i].Contains("#pragma warning disable", StringComparison.Ordinal)) continue;
                var reason = lines[i].Contains("//", StringComparison.Ordinal) || (i > 0 && lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal));
                Assert.True(reason, $"{Name(file)}:{i + 1} suppresses a warning without saying why");
            }
        }
    }

    [Fact]
    public void Documents_have_one_title_and_live_links()
    {
        foreach (var file in Files("*.md"))
        {
            var text = Fences().Replace(File.ReadAllText(file), "");
            Assert.True(text.Split('\n').Count(l => l.StartsWith("# ", StringComparison.Ordinal)) == 1, $"{Name(file)} needs one title, a line that starts with '# '");
            foreach (Match link in Links().Matches(text))
            {
                var target = link.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, target));
                Assert.True(File.Exists(path) || Directory.Exists(path), $"{Name(file)} links to {target}, which does not exist");
            }
        }
    }

    [GeneratedRegex("ProjectReference Include=\"[^\"]*?([A-Za-z.]+)\\.csproj\"")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();
}

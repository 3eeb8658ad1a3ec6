using System.Runtime.Versioning;
using Engine.Adapters;
using Engine.Adapters.Keys;
using Xunit;

namespace Engine.Tests.Keys;

[UnsupportedOSPlatform("windows")]
public sealed class MasterKeyTests : IDisposable
{
    readonly TempFolder _folder = new();

    string KeyFile => _folder.File("keys/master.key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_first_start_makes_a_file_that_only_its_owner_can_read()
    {
        MasterKey.LoadOrCreate(KeyFile);
        Assert.Equal(32, new FileInfo(KeyFile).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(KeyFile)!));
        Assert.Equal([KeyFile], Directory.GetFiles(Path.GetDirectoryName(KeyFile)!));
    }

    [Fact]
    public void Later_starts_read_the_same_key()
    {
        var first = MasterKey.LoadOrCreate(KeyFile).Derive("test");
        Assert.Equal(first, MasterKey.LoadOrCreate(KeyFile).Derive("test"));
        Assert.NotEqual(first, MasterKey.LoadOrCreate(KeyFile).Derive("another"));
        Assert.NotEqual(first, MasterKey.LoadOrCreate(_folder.File("another.key")).Derive("test"));
    }

    [Fact]
    public void A_rest_of_an_interrupted_first_start_is_not_taken_for_the_key()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
        File.WriteAllBytes(KeyFile + ".new", [1, 2, 3]);
        MasterKey.LoadOrCreate(KeyFile);
        Assert.Equal(32, new FileInfo(KeyFile).Length);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_file_that_others_may_read_is_refused(UnixFileMode theirs)
    {
        MasterKey.LoadOrCreate(KeyFile);
        File.SetUnixFileMode(KeyFile, File.GetUnixFileMode(KeyFile) | theirs);
        var refused = Assert.Throws<StartupException>(() => MasterKey.LoadOrCreate(KeyFile));
        Assert.Contains("chmod 600", refused.Message);
        Assert.Contains(KeyFile, refused.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_file_of_another_length_is_refused(int count)
    {
        MasterKey.LoadOrCreate(KeyFile);
        File.WriteAllBytes(KeyFile, new byte[count]);
        Assert.Contains($"{count} bytes", Assert.Throws<StartupException>(() => MasterKey.LoadOrCreate(KeyFile)).Message);
    }

    [Fact]
    public void A_place_that_can_not_be_used_is_refused()
    {
        File.WriteAllText(_folder.File("keys"), "a file where the folder should be");
        Assert.Contains(KeyFile, Assert.Throws<StartupException>(() => MasterKey.LoadOrCreate(KeyFile)).Message);
    }
}

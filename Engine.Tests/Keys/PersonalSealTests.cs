using System.Security.Cryptography;
using System.Text;
using Engine.Adapters.Keys;
using Xunit;

namespace Engine.Tests.Keys;

public sealed class PersonalSealTests : IDisposable
{
    static readonly byte[] Person = Encoding.UTF8.GetBytes("张三 13800138000 浙江省杭州市西湖区文三路 1 号");

    readonly TempFolder _folder = new();
    readonly PersonalSeal _seal;

    public PersonalSealTests() => _seal = new PersonalSeal(MasterKey.LoadOrCreate(_folder.File("master.key")));

    public void Dispose()
    {
        _seal.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void What_was_sealed_opens(int count)
    {
        var plain = RandomNumberGenerator.GetBytes(count);
        var (cipher, wrapped) = _seal.Seal(plain, "order-1");
        Assert.Equal(plain, _seal.Open(cipher, wrapped, "order-1"));
    }

    [Fact]
    public void It_opens_after_a_restart_with_the_same_master_key_and_with_no_other()
    {
        var (cipher, wrapped) = _seal.Seal(Person, "order-1");
        using var restarted = new PersonalSeal(MasterKey.LoadOrCreate(_folder.File("master.key")));
        Assert.Equal(Person, restarted.Open(cipher, wrapped, "order-1"));
        using var other = new PersonalSeal(MasterKey.LoadOrCreate(_folder.File("other.key")));
        Assert.ThrowsAny<CryptographicException>(() => other.Open(cipher, wrapped, "order-1"));
    }

    [Fact]
    public void One_orders_seal_does_not_open_as_anothers()
    {
        var (cipher, wrapped) = _seal.Seal(Person, "order-1");
        var (otherCipher, otherWrapped) = _seal.Seal(Person, "order-2");
        Assert.ThrowsAny<CryptographicException>(() => _seal.Open(cipher, wrapped, "order-2"));
        Assert.ThrowsAny<CryptographicException>(() => _seal.Open(otherCipher, wrapped, "order-1"));
        Assert.ThrowsAny<CryptographicException>(() => _seal.Open(cipher, otherWrapped, "order-1"));
    }

    [Fact]
    public void An_alteration_of_any_byte_is_noticed()
    {
        var (cipher, wrapped) = _seal.Seal(Person, "order-1");
        for (var i = 0; i < cipher.Length; i++)
            Assert.ThrowsAny<CryptographicException>(() => _seal.Open(Altered(cipher, i), wrapped, "order-1"));
        for (var i = 0; i < wrapped.Length; i++)
            Assert.ThrowsAny<CryptographicException>(() => _seal.Open(cipher, Altered(wrapped, i), "order-1"));
        for (var count = 0; count < cipher.Length; count++)
            Assert.ThrowsAny<CryptographicException>(() => _seal.Open(cipher[..count], wrapped, "order-1"));
        Assert.ThrowsAny<CryptographicException>(() => _seal.Open(cipher, [], "order-1"));
    }

    [Fact]
    public void Nothing_of_the_text_shows_and_no_two_seals_are_alike()
    {
        var (cipher, wrapped) = _seal.Seal(Person, "order-1");
        var (again, wrappedAgain) = _seal.Seal(Person, "order-1");
        Assert.NotEqual(cipher, again);
        Assert.NotEqual(wrapped, wrappedAgain);
        Assert.True(cipher.AsSpan().IndexOf("13800138000"u8) < 0);
        Assert.Equal(61, wrapped.Length);
    }

    [Fact]
    public void Many_threads_may_seal_and_open_at_once()
    {
        Parallel.For(0, 2000, i =>
        {
            var plain = BitConverter.GetBytes(i);
            var (cipher, wrapped) = _seal.Seal(plain, $"order-{i}");
            Assert.Equal(plain, _seal.Open(cipher, wrapped, $"order-{i}"));
        });
    }

    [Fact]
    public void A_fingerprint_depends_on_master_key_domain_and_value()
    {
        var phone = _seal.KeyedHash("phone", "13800138000");
        Assert.Equal(32, phone.Length);
        Assert.Equal(phone, _seal.KeyedHash("phone", "13800138000"));
        Assert.NotEqual(phone, _seal.KeyedHash("phone", "13800138001"));
        Assert.NotEqual(phone, _seal.KeyedHash("name", "13800138000"));
        Assert.NotEqual(_seal.KeyedHash("ab", "c"), _seal.KeyedHash("a", "bc"));
        Assert.Equal(32, _seal.KeyedHash("address", new string('路', 5000)).Length);
        using var other = new PersonalSeal(MasterKey.LoadOrCreate(_folder.File("other.key")));
        Assert.NotEqual(phone, other.KeyedHash("phone", "13800138000"));
    }

    static byte[] Altered(byte[] bytes, int at)
    {
        var altered = (byte[])bytes.Clone();
        altered[at] ^= 1;
        return altered;
    }
}

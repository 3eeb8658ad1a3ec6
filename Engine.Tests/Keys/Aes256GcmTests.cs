using System.Security.Cryptography;
using Engine.Adapters.Keys;
using Xunit;

namespace Engine.Tests.Keys;

public sealed class Aes256GcmTests
{
    /// <summary>Test cases 13 to 16 of "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega, appendix B; the cipher text with its tag.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "00000000000000000000000000000000", "", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255", "",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b")]
    public void It_is_the_published_cipher(string key, string nonce, string plain, string associated, string cipher)
    {
        var made = new byte[cipher.Length / 2];
        Aes256Gcm.Encrypt(Bytes(key), Bytes(nonce), Bytes(plain), Bytes(associated), made);
        Assert.Equal(cipher, Convert.ToHexStringLower(made));
    }

    /// <summary>What a machine with the instructions has sealed opens on one without, and the other way round.</summary>
    [Fact]
    public void Library_and_framework_make_the_same_bytes_and_open_each_others()
    {
        for (var count = 0; count < 300; count++)
        {
            var (key, nonce, plain, associated) = (Random(Aes256Gcm.KeyBytes), Random(Aes256Gcm.NonceBytes), Random(count), Random(count % 50));
            var (one, other, opened) = (new byte[count + Aes256Gcm.TagBytes], new byte[count + Aes256Gcm.TagBytes], new byte[count]);
            Aes256Gcm.Encrypt(key, nonce, plain, associated, one);
            Aes256Gcm.EncryptByFramework(key, nonce, plain, associated, other);
            Assert.Equal(one, other);
            Aes256Gcm.Decrypt(key, nonce, one, associated, opened);
            Assert.Equal(plain, opened);
            Aes256Gcm.DecryptByFramework(key, nonce, one, associated, opened);
            Assert.Equal(plain, opened);
            one[count / 2] ^= 1;
            Assert.Throws<AuthenticationTagMismatchException>(() => Aes256Gcm.Decrypt(key, nonce, one, associated, opened));
            Assert.Throws<AuthenticationTagMismatchException>(() => Aes256Gcm.DecryptByFramework(key, nonce, one, associated, opened));
        }
    }

    /// <summary>A span of the wrong length would let the library read or write beside it.</summary>
    [Theory]
    [InlineData(31, 12, 26)]
    [InlineData(33, 12, 26)]
    [InlineData(32, 11, 26)]
    [InlineData(32, 12, 25)]
    public void Nothing_of_a_wrong_length_comes_to_the_library(int key, int nonce, int cipher)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Aes256Gcm.Encrypt(new byte[key], new byte[nonce], new byte[10], [], new byte[cipher]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Aes256Gcm.Decrypt(new byte[key], new byte[nonce], new byte[cipher], [], new byte[10]));
    }

    /// <summary>Where there are instructions for it the fast way is taken; else this machine's figures would be those of the slow one.</summary>
    [Fact]
    public void A_processor_with_the_instructions_is_used()
    {
        if (System.Runtime.Intrinsics.X86.Aes.IsSupported && System.Runtime.Intrinsics.X86.Pclmulqdq.IsSupported && System.Runtime.Intrinsics.X86.Avx.IsSupported) Assert.True(Aes256Gcm.HasLibsodium);
    }

    static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    static byte[] Random(int count) => RandomNumberGenerator.GetBytes(count);
}

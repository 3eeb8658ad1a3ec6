using System.Buffers.Text;
using System.Text;
using Engine.Actors.Inventory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Inventory;

public sealed class SnapshotTokensTests
{
    static readonly SnapshotClaims Claims = new("AAECAwQFBgcICQoLDA0ODw", 17, 42, "o-1", 1_000, 61_000);

    readonly Keys _keys = new();
    readonly SnapshotTokens _tokens;

    public SnapshotTokensTests() => _tokens = new SnapshotTokens(_keys);

    sealed class Keys : ITokenKeys
    {
        readonly Dictionary<string, byte[]> _keys = new() { ["k1"] = Enumerable.Repeat((byte)1, 32).ToArray(), ["k2"] = Enumerable.Repeat((byte)2, 32).ToArray() };

        public string CurrentId { get; set; } = "k1";

        public bool TryGet(string id, out ReadOnlyMemory<byte> key)
        {
            var found = _keys.TryGetValue(id, out var bytes);
            key = bytes;
            return found;
        }

        public void Remove(string id) => _keys.Remove(id);
    }

    [Fact]
    public void A_token_says_what_was_put_into_it() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<NonNull<string>, long, string>((sku, version, order) =>
        {
            var claims = Claims with { Version = version, Available = version / 3, OrderId = Valid(order) };
            var fault = _tokens.Read(_tokens.Mint(Valid(sku.Get)!, claims), Valid(sku.Get)!, claims.OrderId ?? "any", out var read);
            return fault == TokenFault.None && read == claims;
        }));

    // Half a surrogate pair has no UTF-8; the API refuses such texts before they come here.
    static string? Valid(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void No_character_of_a_token_can_be_changed()
    {
        var token = _tokens.Mint("A1", Claims);
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n.";
        for (var i = 0; i < token.Length; i++)
        {
            foreach (var other in Alphabet.Where(c => c != token[i]))
                Assert.NotEqual(TokenFault.None, _tokens.Read(token[..i] + other + token[(i + 1)..], "A1", "o-1", out _));
        }
    }

    [Fact]
    public void No_byte_of_a_token_can_be_changed()
    {
        var bytes = Base64Url.DecodeFromChars(_tokens.Mint("A1", Claims));
        for (var i = 0; i < bytes.Length; i++)
        {
            for (var bit = 1; bit < 256; bit <<= 1)
            {
                bytes[i] ^= (byte)bit;
                Assert.NotEqual(TokenFault.None, _tokens.Read(Base64Url.EncodeToString(bytes), "A1", "o-1", out _));
                bytes[i] ^= (byte)bit;
            }
        }
        Assert.Equal(TokenFault.None, _tokens.Read(Base64Url.EncodeToString(bytes), "A1", "o-1", out _));
    }

    [Fact]
    public void No_part_of_a_token_and_nothing_behind_it_is_taken()
    {
        var token = _tokens.Mint("A1", Claims);
        for (var length = 0; length < token.Length; length++) Assert.NotEqual(TokenFault.None, _tokens.Read(token[..length], "A1", "o-1", out _));
        foreach (var more in new[] { "A", "AA", "=", "==", " ", "\n", "\0" })
        {
            Assert.NotEqual(TokenFault.None, _tokens.Read(token + more, "A1", "o-1", out _));
            Assert.NotEqual(TokenFault.None, _tokens.Read(more + token, "A1", "o-1", out _));
        }
    }

    [Fact]
    public void Hostile_text_is_refused_and_never_thrown_at() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll<string, byte[]>((text, bytes) =>
            _tokens.Read(text, "A1", "o-1", out _) != TokenFault.None
            && _tokens.Read(Base64Url.EncodeToString(bytes ?? []), "A1", "o-1", out _) != TokenFault.None
            && _tokens.ReadTicket(text, "A1", "r") != TokenFault.None));

    [Theory]
    [InlineData(null, TokenFault.Missing)]
    [InlineData("", TokenFault.Missing)]
    [InlineData("not base64!", TokenFault.Malformed)]
    [InlineData("AA", TokenFault.Malformed)]
    public void What_is_no_token_is_told_apart(string? text, TokenFault fault) => Assert.Equal(fault, _tokens.Read(text, "A1", "o-1", out _));

    [Fact]
    public void A_token_of_a_hundred_thousand_characters_is_not_even_decoded() =>
        Assert.Equal(TokenFault.Malformed, _tokens.Read(new string('A', 100_000), "A1", "o-1", out _));

    [Fact]
    public void A_token_is_good_for_its_sku_and_order_only()
    {
        var bound = _tokens.Mint("A1", Claims);
        Assert.Equal(TokenFault.OtherSku, _tokens.Read(bound, "A2", "o-1", out _));
        Assert.Equal(TokenFault.OtherOrder, _tokens.Read(bound, "A1", "o-2", out _));
        Assert.Equal(TokenFault.None, _tokens.Read(_tokens.Mint("A1", Claims with { OrderId = null }), "A1", "o-2", out _));
    }

    [Fact]
    public void A_ticket_is_no_snapshot_and_a_snapshot_no_ticket()
    {
        Assert.Equal(TokenFault.WrongKind, _tokens.Read(_tokens.MintTicket("k1", "A1", "r-1", "o-1"), "A1", "o-1", out _));
        Assert.Equal(TokenFault.WrongKind, _tokens.ReadTicket(_tokens.Mint("A1", Claims), "A1", "r-1"));
    }

    [Fact]
    public void A_ticket_is_the_same_for_the_same_reservation_and_good_for_no_other()
    {
        var ticket = _tokens.MintTicket("k1", "A1", "r-1", "o-1");
        Assert.Equal(ticket, _tokens.MintTicket("k1", "A1", "r-1", "o-1"));
        Assert.Equal(TokenFault.None, _tokens.ReadTicket(ticket, "A1", "r-1"));
        Assert.Equal(TokenFault.OtherReservation, _tokens.ReadTicket(ticket, "A1", "r-2"));
        Assert.Equal(TokenFault.OtherSku, _tokens.ReadTicket(ticket, "A2", "r-1"));
    }

    [Fact]
    public void A_retired_key_verifies_until_it_is_removed()
    {
        var (token, ticket) = (_tokens.Mint("A1", Claims), _tokens.MintTicket("k1", "A1", "r-1", "o-1"));
        _keys.CurrentId = "k2";
        Assert.Equal(TokenFault.None, _tokens.Read(token, "A1", "o-1", out _));
        Assert.Equal(TokenFault.None, _tokens.ReadTicket(ticket, "A1", "r-1"));
        Assert.Equal(ticket, _tokens.MintTicket("k1", "A1", "r-1", "o-1"));
        _keys.Remove("k1");
        Assert.Equal(TokenFault.UnknownKey, _tokens.Read(token, "A1", "o-1", out _));
        Assert.Equal(TokenFault.None, _tokens.ReadTicket(_tokens.MintTicket("k1", "A1", "r-1", "o-1"), "A1", "r-1"));
    }
}

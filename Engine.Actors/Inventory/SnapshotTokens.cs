using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>The keys that sign tokens. Any of them verifies; the current one signs.</summary>
public interface ITokenKeys
{
    string CurrentId { get; }
    bool TryGet(string id, out ReadOnlyMemory<byte> key);
}

public enum TokenKind : byte
{
    /// <summary>What a read of stock returns; good for one reservation, for a minute.</summary>
    Snapshot = 1,
    /// <summary>What a reservation returns; good for that reservation, for as long as it lives.</summary>
    Ticket = 2,
}

/// <summary>Why a token is not taken. To callers all of them are <c>invalid_token</c>; they are told apart only in the counts.</summary>
public enum TokenFault : byte
{
    None = 0,
    Missing,
    Malformed,
    UnknownKey,
    BadSignature,
    WrongKind,
    OtherSku,
    OtherOrder,
    OtherReservation,
}

/// <summary>
/// Snapshot tokens and tickets (FEATURES A2): what the engine said about stock, in a form that only the engine can have
/// written. Nothing of them is stored. Pure: times and the random id come in with the claims.
/// <code>
/// base64url( length of key id u8 | key id | HMAC-SHA256 32 | claims )      the signature covers key id and claims
/// </code>
/// The signature is checked before a byte of the claims is read, and the text must be the canonical encoding of its bytes,
/// so that one token has one spelling.
/// </summary>
public sealed class SnapshotTokens
{
    /// <summary>Far above what a SKU of 80, an order of 150 and a reservation of 256 characters take.</summary>
    const int TextMax = 4096;
    const int MacBytes = HMACSHA256.HashSizeInBytes;
    const int KeyIdMax = 64;

    readonly ITokenKeys _keys;

    public SnapshotTokens(ITokenKeys keys) => _keys = keys;

    public string Mint(string sku, SnapshotClaims claims) => Sign(_keys.CurrentId, new Claims
    {
        Kind = TokenKind.Snapshot,
        Sku = sku,
        OrderId = claims.OrderId,
        TokenId = claims.TokenId,
        Version = claims.Version,
        Available = claims.Available,
        IssuedAt = claims.IssuedAt,
        ExpiresAt = claims.ExpiresAt,
    });

    /// <summary>
    /// The ticket of a reservation: the same for the same arguments, so that a repeated call has the same answer. A key that
    /// is gone, because no live reservation named it, is stood in for by the current one.
    /// </summary>
    public string MintTicket(string keyId, string sku, string reservationId, string orderId) =>
        Sign(_keys.TryGet(keyId, out _) ? keyId : _keys.CurrentId, new Claims { Kind = TokenKind.Ticket, Sku = sku, OrderId = orderId, ReservationId = reservationId });

    /// <summary>Signature and scope of a snapshot token; its age and use are decided by the SKU.</summary>
    public TokenFault Read(string? token, string sku, string orderId, out SnapshotClaims? snapshot)
    {
        snapshot = null;
        var fault = Verify(token, TokenKind.Snapshot, sku, out var claims);
        if (fault != TokenFault.None) return fault;
        if (claims.OrderId is { } bound && bound != orderId) return TokenFault.OtherOrder;
        snapshot = new SnapshotClaims(claims.TokenId, claims.Version, claims.Available, claims.OrderId, claims.IssuedAt, claims.ExpiresAt);
        return TokenFault.None;
    }

    /// <summary>Signature and scope of a ticket.</summary>
    public TokenFault ReadTicket(string? token, string sku, string reservationId)
    {
        var fault = Verify(token, TokenKind.Ticket, sku, out var claims);
        if (fault != TokenFault.None) return fault;
        return claims.ReservationId == reservationId ? TokenFault.None : TokenFault.OtherReservation;
    }

    TokenFault Verify(string? token, TokenKind kind, string sku, out Claims claims)
    {
        claims = new Claims();
        if (string.IsNullOrEmpty(token)) return TokenFault.Missing;
        if (Decode(token) is not { } bytes) return TokenFault.Malformed;
        var head = 1 + bytes[0];
        if (bytes[0] is 0 or > KeyIdMax || bytes.Length <= head + MacBytes) return TokenFault.Malformed;
        if (!_keys.TryGet(Encoding.ASCII.GetString(bytes, 1, bytes[0]), out var key)) return TokenFault.UnknownKey;
        Span<byte> expected = stackalloc byte[MacBytes];
        Mac(key.Span, bytes.AsSpan(0, head), bytes.AsSpan(head + MacBytes), expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, bytes.AsSpan(head, MacBytes))) return TokenFault.BadSignature;

        claims.Layout(Codec.Reader(bytes, head + MacBytes, bytes.Length - head - MacBytes));
        if (claims.Kind != kind) return TokenFault.WrongKind;
        return claims.Sku == sku ? TokenFault.None : TokenFault.OtherSku;
    }

    static byte[]? Decode(string token)
    {
        if (token.Length > TextMax) return null;
        var bytes = new byte[Base64Url.GetMaxDecodedLength(token.Length)];
        try
        {
            if (!Base64Url.TryDecodeFromChars(token, bytes, out var count) || count == 0) return null;
            bytes = bytes[..count];
        }
        catch (FormatException)
        {
            return null;
        }
        // Decoding overlooks white space and spare bits of the last character.
        return Base64Url.EncodeToString(bytes) == token ? bytes : null;
    }

    string Sign(string keyId, Claims claims)
    {
        if (!_keys.TryGet(keyId, out var key)) throw new InvalidOperationException($"there is no signing key {keyId}");
        var codec = Codec.Writer();
        claims.Layout(codec);
        var head = 1 + Encoding.ASCII.GetByteCount(keyId);
        var bytes = new byte[head + MacBytes + codec.Position];
        bytes[0] = (byte)(head - 1);
        Encoding.ASCII.GetBytes(keyId, bytes.AsSpan(1));
        codec.Written.CopyTo(bytes.AsSpan(head + MacBytes));
        Mac(key.Span, bytes.AsSpan(0, head), bytes.AsSpan(head + MacBytes), bytes.AsSpan(head, MacBytes));
        return Base64Url.EncodeToString(bytes);
    }

    static void Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> claims, Span<byte> mac)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(head);
        hash.AppendData(claims);
        hash.GetHashAndReset(mac);
    }

    sealed class Claims : IEncoded
    {
        public TokenKind Kind;
        public string Sku = "";
        public string? OrderId;
        public string ReservationId = "";
        public string TokenId = "";
        public long Version;
        public long Available;
        public long IssuedAt;
        public long ExpiresAt;

        public void Layout(Codec codec)
        {
            codec.Enum(ref Kind);
            codec.Text(ref Sku);
            codec.TextOrNull(ref OrderId);
            codec.Text(ref ReservationId);
            codec.Text(ref TokenId);
            codec.Long(ref Version);
            codec.Long(ref Available);
            codec.Long(ref IssuedAt);
            codec.Long(ref ExpiresAt);
        }
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Engine.Load;

/// <summary>
/// Signatures as the platforms make them. Written apart from the code that checks them, so that an error in one is not
/// repeated in the other.
/// </summary>
public static class Signers
{
    /// <summary><c>Event-Sign</c>: lower hex MD5 of client id, body and client secret.</summary>
    public static string Youzan(string clientId, string clientSecret, byte[] body) =>
        Convert.ToHexStringLower(MD5.HashData([.. Encoding.UTF8.GetBytes(clientId), .. body, .. Encoding.UTF8.GetBytes(clientSecret)]));

    /// <summary><c>X-Shopify-Hmac-Sha256</c>.</summary>
    public static string Shopify(string clientSecret, byte[] body) =>
        Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(clientSecret), body));

    /// <summary><c>webhook-signature</c>, version 1. The secret is <c>whsec_</c> and the key in base64.</summary>
    public static string Standard(string secret, string messageId, DateTimeOffset at, byte[] body)
    {
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var head = string.Create(CultureInfo.InvariantCulture, $"{messageId}.{at.ToUnixTimeSeconds()}.");
        byte[] signed = [.. Encoding.UTF8.GetBytes(head), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    }
}

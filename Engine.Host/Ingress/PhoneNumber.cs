namespace Engine.Host.Ingress;

/// <summary>Phones as people and platforms write them, brought to what is the same in all.</summary>
static class PhoneNumber
{
    const int MobileDigits = 11;

    /// <summary>Its digits without China's country code, however that is written (86, 0086, +86); null for what is no phone, as one that is masked.</summary>
    public static string? Digits(string phone)
    {
        if (phone.AsSpan().ContainsAnyExcept("0123456789 +-()")) return null;
        var digits = string.Concat(phone.Where(char.IsAsciiDigit));
        return digits.Length > MobileDigits && digits.TrimStart('0').StartsWith("86", StringComparison.Ordinal) ? digits.TrimStart('0')[2..] : digits;
    }
}

namespace Engine.Adapters.Canonical;

/// <summary>
/// Decimal text in major units (yuan, dollars) turned into minor units (fen, cents). Digit by digit: no floating point,
/// no rounding, no exponent, ASCII digits only. What can't be exact is refused.
/// </summary>
public static class Money
{
    /// <summary>The largest amount the engine takes, in minor units: sums over an order's lines stay far inside 64 bits.</summary>
    public const long Most = 1_000_000_000_000_000;

    private const string Currencies =
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU " +
        "CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES " +
        "KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR " +
        "PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS " +
        "UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

    private static readonly HashSet<string> Known = [.. Currencies.Split(' ')];

    /// <summary>A code of ISO 4217 that money is paid in.</summary>
    public static bool IsCurrency(string code) => Known.Contains(code);

    /// <summary>Digits behind the point, by ISO 4217.</summary>
    public static int Exponent(string currency) => currency switch
    {
        "BIF" or "CLP" or "DJF" or "GNF" or "ISK" or "JPY" or "KMF" or "KRW" or "PYG" or "RWF" or "UGX" or "UYI"
            or "VND" or "VUV" or "XAF" or "XOF" or "XPF" => 0,
        "BHD" or "IQD" or "JOD" or "KWD" or "LYD" or "OMR" or "TND" => 3,
        "CLF" or "UYW" => 4,
        _ => 2,
    };

    /// <summary>False for anything but <c>digits[.digits]</c>, with a minus sign where money goes back.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, string currency, out long minor)
    {
        minor = 0;
        var isNegative = text is ['-', ..];
        var digits = isNegative ? text[1..] : text;
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? "" : digits[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && fraction.IsEmpty))
            return false;

        var exponent = Exponent(currency);
        // Some systems write yen with two zeros behind the point; nothing is lost by taking them.
        if (exponent == 0 && !fraction.ContainsAnyExcept('0') && fraction.Length <= 2)
            fraction = "";
        if (fraction.Length > exponent || !TryAppend(whole, ref minor) || !TryAppend(fraction, ref minor))
            return false;
        for (var missing = exponent - fraction.Length; missing > 0 && minor <= Most; missing--)
            minor *= 10;
        if (isNegative)
            minor = -minor;
        return Math.Abs(minor) <= Most;
    }

    // Stops beyond Most, long before 64 bits are full.
    private static bool TryAppend(ReadOnlySpan<char> digits, ref long number)
    {
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit) || number > Most)
                return false;
            number = (number * 10) + (digit - '0');
        }
        return number <= Most;
    }
}

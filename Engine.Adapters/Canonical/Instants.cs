namespace Engine.Adapters.Canonical;

/// <summary>
/// Times as the outside world writes them, turned into UTC. Strict: what is not written exactly so is refused, never
/// guessed. .NET keeps seven digits of a second; further ones are cut, not rounded.
/// </summary>
public static class Instants
{
    private const int FractionDigitsMax = 9;
    // Above this a number can only be milliseconds: as seconds it would be the year 5138.
    private const long SecondsMax = 100_000_000_000;
    private const long MillisecondsMax = 253_402_300_799_999;

    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    /// <summary>RFC 3339 with a zone, as <c>2025-06-15T23:07:45.123+08:00</c>.</summary>
    public static bool TryRfc3339(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        instant = default;
        return TryCivil(text, "Tt", out var ticks, out var zone)
            && TryZone(zone, out var offset)
            && TryUtc(ticks, offset, out instant);
    }

    /// <summary>Chinese platforms' wall-clock text, <c>2025-06-15 23:07:45</c>, which always means GMT+8.</summary>
    public static bool TryChina(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        instant = default;
        return TryCivil(text, " ", out var ticks, out var zone)
            && zone is "" or "+0800" or "+08:00"
            && TryUtc(ticks, China, out instant);
    }

    /// <summary>Unix time in seconds or milliseconds, told apart by size. Zero is how platforms write "none".</summary>
    public static bool TryUnix(long number, out DateTimeOffset instant)
    {
        instant = default;
        if (number is <= 0 or > MillisecondsMax)
            return false;
        instant = DateTimeOffset.FromUnixTimeMilliseconds(number < SecondsMax ? number * 1000 : number);
        return true;
    }

    // yyyy-MM-dd?HH:mm:ss with up to nine digits behind a point, and the rest of the text.
    private static bool TryCivil(ReadOnlySpan<char> text, ReadOnlySpan<char> separators, out long ticks, out ReadOnlySpan<char> rest)
    {
        ticks = 0;
        rest = default;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || !separators.Contains(text[10]) || text[13] != ':' || text[16] != ':')
            return false;
        if (!TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)
            || !TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second))
            return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
            return false;
        ticks = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Unspecified).Ticks;
        rest = text[19..];
        return rest.IsEmpty || rest[0] != '.' || TryFraction(ref rest, ref ticks);
    }

    private static bool TryFraction(ref ReadOnlySpan<char> rest, ref long ticks)
    {
        var length = rest[1..].IndexOfAnyExceptInRange('0', '9');
        if (length < 0)
            length = rest.Length - 1;
        if (length is 0 or > FractionDigitsMax)
            return false;
        var unit = TimeSpan.TicksPerSecond;
        foreach (var digit in rest.Slice(1, length))
            ticks += (digit - '0') * (unit /= 10);
        rest = rest[(length + 1)..];
        return true;
    }

    private static bool TryZone(ReadOnlySpan<char> zone, out TimeSpan offset)
    {
        offset = default;
        if (zone is "Z" or "z")
            return true;
        if (zone.Length != 6 || zone[0] is not ('+' or '-') || zone[3] != ':')
            return false;
        if (!TryDigits(zone[1..3], out var hours) || !TryDigits(zone[4..6], out var minutes) || hours > 23 || minutes > 59)
            return false;
        offset = new TimeSpan(hours, minutes, 0);
        if (zone[0] == '-')
            offset = -offset;
        return true;
    }

    private static bool TryUtc(long civilTicks, TimeSpan offset, out DateTimeOffset instant)
    {
        var ticks = civilTicks - offset.Ticks;
        var representable = ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks;
        instant = representable ? new DateTimeOffset(ticks, TimeSpan.Zero) : default;
        return representable;
    }

    private static bool TryDigits(ReadOnlySpan<char> digits, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
                return false;
            number = (number * 10) + (digit - '0');
        }
        return true;
    }
}

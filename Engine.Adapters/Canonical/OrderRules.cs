using System.Globalization;
using System.Text;
using Engine.Adapters.Platforms;

namespace Engine.Adapters.Canonical;

/// <summary>
/// What every order must keep to, whether it came as canonical JSON or was mapped from a platform's words.
/// </summary>
public static class OrderRules
{
    public const int LinesMax = 200;
    public const int QuantityMax = 1_000_000;
    public const int TagsMax = 32;
    public const int TagLengthMax = 64;
    public const int NoteLengthMax = 2_000;
    /// <summary>For names, streets, reasons and other texts that people write.</summary>
    public const int TextLengthMax = 1_000;
    public const int ComplianceMax = 64;

    private const int NameLengthMax = 40;
    private const int SkuLengthMax = 80;
    private const int IdLengthMax = 64;
    private const int ReferenceLengthMax = 128;

    /// <summary>A platform's or shop's name, as it stands in paths and order ids.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= NameLengthMax
        && !text.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789_-");

    public static bool IsSku(string text) => text.Length is > 0 and <= SkuLengthMax && IsPrintable(text) && !text.Contains('/');

    public static bool IsOrderId(string text) => text.Length is > 0 and <= IdLengthMax && IsPrintable(text) && !text.Contains('/');

    /// <summary>Without the tilde, which parts a reservation's id into order and line.</summary>
    public static bool IsLineId(string text) => text.Length is > 0 and <= IdLengthMax && IsPrintable(text) && !text.Contains('~');

    public static bool IsReference(string text) => text.Length is > 0 and <= ReferenceLengthMax && IsPrintable(text);

    /// <summary>Adds a fault for everything that the order breaks.</summary>
    public static void Check(CanonicalOrder order, Faults faults)
    {
        if (!IsName(order.Platform))
            faults.Add("platform", "bad_format", "1 to 40 of a-z, 0-9, _ and - are wanted.");
        if (!IsName(order.Shop))
            faults.Add("shop", "bad_format", "1 to 40 of a-z, 0-9, _ and - are wanted.");
        CheckOrderId(order.PlatformOrderId, faults);
        CheckLines(order.Lines, faults);
        CheckAmounts(order.Amounts, faults);
        if (order.Payment is { } payment)
            CheckPayment(payment, "payment.", faults, least: order.Amounts.Total == 0 ? 0 : 1);
        if (order.Buyer is { } buyer)
            CheckBuyer(buyer, faults);
        if (order.Address is { } address)
            CheckAddress(address, faults);
        CheckTags(order.Tags, faults);
        CheckText(order.Note, "note", NoteLengthMax, faults);
        CheckCompliance(order.Compliance, faults);
    }

    public static void CheckOrderId(string id, Faults faults)
    {
        if (!IsOrderId(id))
            faults.Add("platformOrderId", "bad_format", "1 to 64 printable characters without / are wanted.");
    }

    /// <param name="within">What stands before the payment's fields in their paths.</param>
    /// <param name="least">Of an amount; who owes nothing may have paid nothing.</param>
    public static void CheckPayment(CanonicalPayment payment, string within, Faults faults, long least = 1)
    {
        if (payment.Reference is { } reference && !IsReference(reference))
            faults.Add($"{within}reference", "bad_format", "1 to 128 printable characters are wanted.");
        if (payment.Amount is { } amount)
            CheckRange(amount, least, Money.Most, $"{within}amount", faults);
    }

    public static void CheckCancelledLines(IReadOnlyList<CancelledLine> lines, Faults faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Count; i++)
        {
            if (!IsLineId(lines[i].LineId))
                faults.Add($"lines[{i}].lineId", "bad_format", "1 to 64 printable characters are wanted.");
            else if (!seen.Add(lines[i].LineId))
                faults.Add($"lines[{i}].lineId", "duplicate", "Another line has this id.");
        }
    }

    public static void CheckText(string? text, string path, int most, Faults faults)
    {
        if (text?.Length > most)
            faults.Add(path, "too_long", $"At most {most} characters are taken.");
    }

    private static void CheckLines(IReadOnlyList<CanonicalLine> lines, Faults faults)
    {
        if (lines.Count == 0)
            faults.Add("lines", "required", "An order has at least one line.");
        if (lines.Count > LinesMax)
        {
            faults.Add("lines", "too_many", $"At most {LinesMax} lines are taken.");
            return;
        }
        var byId = new Dictionary<string, CanonicalLine>(lines.Count, StringComparer.Ordinal);
        for (var i = 0; i < lines.Count; i++)
        {
            CheckLine(lines[i], i, faults);
            if (!byId.TryAdd(lines[i].LineId, lines[i]))
                faults.Add($"lines[{i}].lineId", "duplicate", "Another line has this id.");
        }
        for (var i = 0; i < lines.Count; i++)
            CheckGift(lines[i], i, byId, faults);
    }

    private static void CheckLine(CanonicalLine line, int i, Faults faults)
    {
        if (!IsLineId(line.LineId))
            faults.Add($"lines[{i}].lineId", "bad_format", "1 to 64 printable characters are wanted.");
        if (!IsSku(line.Sku))
            faults.Add($"lines[{i}].sku", "bad_format", "1 to 80 printable characters without / are wanted.");
        if (line.Quantity is < 1 or > QuantityMax)
            CheckRange(line.Quantity, 1, QuantityMax, $"lines[{i}].quantity", faults);
        if (line.UnitPrice is < 0 or > Money.Most)
            CheckRange(line.UnitPrice, 0, Money.Most, $"lines[{i}].unitPrice", faults);
        else if (line.UnitPrice * (Int128)line.Quantity > Money.Most)
            faults.Add($"lines[{i}].unitPrice", "too_large", $"Price times quantity is at most {Money.Most}.");
        if (line.Discount is < 0 or > Money.Most)
            CheckRange(line.Discount, 0, Money.Most, $"lines[{i}].discount", faults);
    }

    private static void CheckGift(CanonicalLine line, int i, Dictionary<string, CanonicalLine> byId, Faults faults)
    {
        if (line.GiftOf is not { } mainId)
            return;
        if (!byId.TryGetValue(mainId, out var main))
            faults.Add($"lines[{i}].giftOf", "unknown_value", "No line of this order has that id.");
        else if (ReferenceEquals(main, line) || main.GiftOf is not null)
            faults.Add($"lines[{i}].giftOf", "not_a_main_line", "A gift belongs to another line that is itself no gift.");
    }

    private static void CheckAmounts(CanonicalAmounts amounts, Faults faults)
    {
        CheckRange(amounts.Goods, 0, Money.Most, "amounts.goods", faults);
        CheckRange(amounts.Freight, 0, Money.Most, "amounts.freight", faults);
        CheckRange(amounts.Discount, 0, Money.Most, "amounts.discount", faults);
        CheckRange(amounts.Tax, 0, Money.Most, "amounts.tax", faults);
        CheckRange(amounts.Total, 0, Money.Most, "amounts.total", faults);
        if (amounts.Currency.Length != 3 || amounts.Currency.AsSpan().ContainsAnyExceptInRange('A', 'Z'))
            faults.Add("amounts.currency", "bad_format", "Three capital letters (ISO 4217) are wanted.");
        else if (!Money.IsCurrency(amounts.Currency))
            faults.Add("amounts.currency", "unknown_currency", "No money has this code (ISO 4217).");
    }

    private static void CheckBuyer(CanonicalBuyer buyer, Faults faults)
    {
        CheckText(buyer.Id, "buyer.id", TextLengthMax, faults);
        CheckText(buyer.Name, "buyer.name", TextLengthMax, faults);
        CheckText(buyer.Phone, "buyer.phone", TextLengthMax, faults);
        CheckText(buyer.VipLevel, "buyer.vipLevel", TextLengthMax, faults);
    }

    private static void CheckAddress(CanonicalAddress address, Faults faults)
    {
        CheckText(address.Country, "address.country", TextLengthMax, faults);
        CheckText(address.Province, "address.province", TextLengthMax, faults);
        CheckText(address.City, "address.city", TextLengthMax, faults);
        CheckText(address.District, "address.district", TextLengthMax, faults);
        CheckText(address.Street, "address.street", TextLengthMax, faults);
        CheckText(address.PostalCode, "address.postalCode", TextLengthMax, faults);
        if (address.Lat is not (null or (>= -90 and <= 90)))
            faults.Add("address.lat", "out_of_range", "-90 to 90 degrees are wanted.");
        if (address.Lon is not (null or (>= -180 and <= 180)))
            faults.Add("address.lon", "out_of_range", "-180 to 180 degrees are wanted.");
    }

    private static void CheckTags(IReadOnlyList<string> tags, Faults faults)
    {
        if (tags.Count > TagsMax)
            faults.Add("tags", "too_many", $"At most {TagsMax} tags are taken.");
        for (var i = 0; i < Math.Min(tags.Count, TagsMax); i++)
        {
            if (tags[i].Length == 0)
                faults.Add($"tags[{i}]", "required", "A tag is not empty.");
            else if (tags[i].Length > TagLengthMax)
                faults.Add($"tags[{i}]", "too_long", $"At most {TagLengthMax} characters are taken.");
        }
    }

    private static void CheckCompliance(IReadOnlyDictionary<string, string> values, Faults faults)
    {
        if (values.Count > ComplianceMax)
            faults.Add("compliance", "too_many", $"At most {ComplianceMax} fields are taken.");
        foreach (var (name, value) in values.Take(ComplianceMax))
        {
            if (name.Length > TagLengthMax)
                faults.Add("compliance", "too_long", $"A field's name has at most {TagLengthMax} characters.");
            else if (value.Length > TextLengthMax)
                faults.Add($"compliance.{name}", "too_long", $"At most {TextLengthMax} characters are taken.");
        }
    }

    private static void CheckRange(long number, long least, long most, string path, Faults faults)
    {
        if (number < least)
            faults.Add(path, least == 1 ? "not_positive" : "negative", $"At least {least} is wanted.");
        else if (number > most)
            faults.Add(path, "too_large", $"At most {most} is taken.");
    }

    // Invisible and direction-changing characters would make two codes look alike that are not.
    private static bool IsPrintable(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return true;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned)
                return false;
        }
        return true;
    }
}

using System.Globalization;
using System.Text.Json;
using Engine.Adapters.Canonical;
using Engine.Tests.Platforms;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Canonical;

public sealed class MoneyTests
{
    public static TheoryData<string, string, long?> Recorded
    {
        get
        {
            var data = new TheoryData<string, string, long?>();
            foreach (var amount in VectorFile.Open("amounts_times").GetProperty("amounts").EnumerateArray())
            {
                // Amounts that come in fen already are plain integers and need no parser.
                if (amount.TryGetProperty("unit", out var unit) && unit.GetString()!.StartsWith("fen", StringComparison.Ordinal))
                    continue;
                var written = amount.GetProperty("in");
                long? minor = amount.TryGetProperty("fen", out var fen) || amount.TryGetProperty("minor", out fen) ? fen.GetInt64() : null;
                data.Add(amount.GetProperty("field").GetString()!, written.ValueKind == JsonValueKind.String ? written.GetString()! : written.GetRawText(), minor);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Recorded_amounts_are_exact_or_refused(string field, string written, long? minor)
    {
        Assert.True(minor == Parse(written, "CNY"), $"{field}: {written}");
    }

    [Theory]
    [InlineData("298", "JPY", 298L)]
    [InlineData("298.00", "JPY", 298L)]
    [InlineData("298.5", "JPY", null)]
    [InlineData("1.234", "KWD", 1234L)]
    [InlineData("1.2", "BHD", 1200L)]
    [InlineData("1.2345", "KWD", null)]
    [InlineData("15000", "VND", 15000L)]
    [InlineData("0.1", "CNY", 10L)]
    [InlineData("7", "USD", 700L)]
    [InlineData("10000000000000.00", "CNY", 1_000_000_000_000_000L)]
    [InlineData("10000000000000.01", "CNY", null)]
    [InlineData("999999999999999", "CLF", null)]
    [InlineData("99999999999999999999999999", "CNY", null)]
    [InlineData("1.", "CNY", null)]
    [InlineData(".5", "CNY", null)]
    [InlineData("+1", "CNY", null)]
    [InlineData("--1", "CNY", null)]
    [InlineData("-", "CNY", null)]
    [InlineData("1,000.00", "CNY", null)]
    [InlineData(" 1", "CNY", null)]
    [InlineData("1.0.0", "CNY", null)]
    [InlineData("NaN", "CNY", null)]
    public void Text_becomes_minor_units_of_its_currency(string written, string currency, long? minor) =>
        Assert.Equal(minor, Parse(written, currency));

    [Fact]
    public void Every_amount_of_fen_survives_being_written_in_yuan() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(
            ArbMap.Default.ArbFor<long>().Generator.Select(number => number % Money.Most).ToArbitrary(),
            fen => Parse((fen / 100m).ToString(CultureInfo.InvariantCulture), "CNY") == fen));

    private static long? Parse(string written, string currency) => Money.TryParse(written, currency, out var minor) ? minor : null;
}

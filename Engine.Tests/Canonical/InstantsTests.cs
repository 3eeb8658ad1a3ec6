using System.Globalization;
using System.Text.Json;
using Engine.Adapters.Canonical;
using Engine.Tests.Platforms;
using Xunit;

namespace Engine.Tests.Canonical;

public sealed class InstantsTests
{
    public static TheoryData<string, string, string> Recorded
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var time in VectorFile.Open("amounts_times").GetProperty("times").EnumerateArray())
            {
                // Times without a zone that are not GMT+8 are WooCommerce's alone.
                if (time.GetProperty("platform").GetString() == "woocommerce" || !time.TryGetProperty("utc", out var utc))
                    continue;
                var written = time.GetProperty("in");
                data.Add(time.GetProperty("platform").GetString()!, written.ValueKind == JsonValueKind.String ? written.GetString()! : written.GetRawText(), utc.GetString()!);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Recorded_times_are_read_as_UTC(string platform, string written, string utc)
    {
        var expected = DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture);
        var isRead = long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Instants.TryUnix(number, out var at)
            : written[10] == ' ' ? Instants.TryChina(written, out at) : Instants.TryRfc3339(written, out at);
        Assert.True(isRead, platform);
        Assert.Equal(expected, at);
        Assert.Equal(TimeSpan.Zero, at.Offset);
    }

    [Theory]
    [InlineData("2025-06-15T15:07:45Z", "2025-06-15T15:07:45.0000000")]
    [InlineData("2025-06-15t15:07:45.1z", "2025-06-15T15:07:45.1000000")]
    [InlineData("2025-06-15T15:07:45.123456789Z", "2025-06-15T15:07:45.1234567")]
    [InlineData("2025-06-15T23:59:59.999999999Z", "2025-06-15T23:59:59.9999999")]
    [InlineData("2025-06-15T11:07:45-04:00", "2025-06-15T15:07:45.0000000")]
    [InlineData("2024-02-29T00:00:00+23:59", "2024-02-28T00:01:00.0000000")]
    public void An_RFC_3339_time_becomes_UTC(string written, string utc)
    {
        Assert.True(Instants.TryRfc3339(written, out var at));
        Assert.Equal(utc, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2025-06-15")]
    [InlineData("2025-06-15T15:07:45")]
    [InlineData("2025-06-15 15:07:45Z")]
    [InlineData("2025-06-15T15:07:45.Z")]
    [InlineData("2025-06-15T15:07:45.1234567890Z")]
    [InlineData("2025-06-15T15:07:45+0800")]
    [InlineData("2025-06-15T15:07:45+24:00")]
    [InlineData("2025-06-15T15:07:45+08:60")]
    [InlineData("2025-02-29T15:07:45Z")]
    [InlineData("2025-13-01T15:07:45Z")]
    [InlineData("2025-06-00T15:07:45Z")]
    [InlineData("2025-06-15T24:00:00Z")]
    [InlineData("2025-06-15T15:60:45Z")]
    [InlineData("2025-06-15T15:07:60Z")]
    [InlineData("0000-06-15T15:07:45Z")]
    [InlineData("0001-01-01T00:00:00+08:00")]
    [InlineData("9999-12-31T23:59:59-08:00")]
    [InlineData("２025-06-15T15:07:45Z")]
    [InlineData("2025-06-15T15:07:45Zz")]
    public void What_is_not_exactly_RFC_3339_is_refused(string written) => Assert.False(Instants.TryRfc3339(written, out _));

    [Theory]
    [InlineData("2025-06-15T23:07:45")]
    [InlineData("2025-06-15 23:07:45Z")]
    [InlineData("2025-06-15 23:07:45 ")]
    [InlineData("2025/06/15 23:07:45")]
    [InlineData("0")]
    public void Chinese_text_of_another_form_is_refused(string written) => Assert.False(Instants.TryChina(written, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(253_402_300_800_000)]
    [InlineData(long.MaxValue)]
    public void Unix_numbers_that_are_no_time_are_refused(long number) => Assert.False(Instants.TryUnix(number, out _));
}

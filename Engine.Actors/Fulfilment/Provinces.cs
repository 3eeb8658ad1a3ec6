namespace Engine.Actors.Fulfilment;

/// <summary>
/// The 34 province-level divisions of China with the coordinates of their seats, in degrees, WGS 84: near enough to where
/// most of their people live to say which warehouse is nearest.
/// </summary>
public static class Provinces
{
    static readonly (string Name, double Latitude, double Longitude)[] All =
    [
        ("北京", 39.90, 116.41), ("天津", 39.08, 117.20), ("河北", 38.04, 114.51), ("山西", 37.87, 112.55), ("内蒙古", 40.82, 111.77),
        ("辽宁", 41.80, 123.43), ("吉林", 43.82, 125.32), ("黑龙江", 45.80, 126.53), ("上海", 31.23, 121.47), ("江苏", 32.06, 118.80),
        ("浙江", 30.27, 120.16), ("安徽", 31.82, 117.23), ("福建", 26.07, 119.30), ("江西", 28.68, 115.86), ("山东", 36.65, 117.12),
        ("河南", 34.75, 113.63), ("湖北", 30.59, 114.31), ("湖南", 28.23, 112.94), ("广东", 23.13, 113.26), ("广西", 22.82, 108.37),
        ("海南", 20.04, 110.20), ("重庆", 29.56, 106.55), ("四川", 30.57, 104.07), ("贵州", 26.65, 106.63), ("云南", 25.04, 102.71),
        ("西藏", 29.65, 91.14), ("陕西", 34.34, 108.94), ("甘肃", 36.06, 103.83), ("青海", 36.62, 101.78), ("宁夏", 38.49, 106.23),
        ("新疆", 43.83, 87.62), ("台湾", 25.03, 121.57), ("香港", 22.32, 114.17), ("澳门", 22.20, 113.54),
    ];

    /// <summary>By the name's beginning, so that 广东 and 广东省, 内蒙古 and 内蒙古自治区 are the same.</summary>
    public static (double Latitude, double Longitude)? Centroid(string province)
    {
        foreach (var (name, latitude, longitude) in All)
            if (province.StartsWith(name, StringComparison.Ordinal)) return (latitude, longitude);
        return null;
    }
}

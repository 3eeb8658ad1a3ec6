using System.Globalization;

namespace Engine.Load;

/// <summary>Made-up buyers at real places: all 31 provinces, their cities and districts, streets of no particular town.</summary>
public static class People
{
    private static readonly string[] FamilyNames = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "欧阳", "司马"];
    private static readonly string[] GivenNames = ["小二", "静", "伟", "芳", "晓明", "雨桐", "子涵", "建国", "丽娜", "浩然", "梓萱", "一诺", "欣怡", "宇轩"];
    private static readonly string[] Streets = ["人民路", "解放路", "建设路", "中山路", "和平路", "文化路", "新华路", "科技路", "学府路", "滨河路"];
    // Numbers whose fourth to seventh digit are zero are not given to anybody.
    private static readonly string[] PhoneHeads = ["1380000", "1390000", "1580000", "1860000", "1890000"];

    private static readonly (string Province, string City, string[] Districts)[] Places =
    [
        ("北京市", "北京市", ["朝阳区", "海淀区", "丰台区", "西城区"]),
        ("天津市", "天津市", ["和平区", "南开区", "河西区"]),
        ("河北省", "石家庄市", ["长安区", "桥西区", "裕华区"]),
        ("河北省", "唐山市", ["路北区", "路南区"]),
        ("山西省", "太原市", ["小店区", "迎泽区", "杏花岭区"]),
        ("内蒙古自治区", "呼和浩特市", ["新城区", "赛罕区", "回民区"]),
        ("内蒙古自治区", "呼伦贝尔市", ["海拉尔区", "鄂伦春自治旗"]),
        ("辽宁省", "沈阳市", ["和平区", "沈河区", "铁西区"]),
        ("辽宁省", "大连市", ["中山区", "沙河口区", "甘井子区"]),
        ("吉林省", "长春市", ["朝阳区", "南关区", "宽城区"]),
        ("黑龙江省", "哈尔滨市", ["南岗区", "道里区", "香坊区"]),
        ("上海市", "上海市", ["浦东新区", "徐汇区", "静安区", "闵行区"]),
        ("江苏省", "南京市", ["鼓楼区", "玄武区", "江宁区"]),
        ("江苏省", "苏州市", ["姑苏区", "吴中区", "昆山市"]),
        ("浙江省", "杭州市", ["西湖区", "余杭区", "滨江区"]),
        ("浙江省", "宁波市", ["海曙区", "鄞州区", "江北区"]),
        ("安徽省", "合肥市", ["蜀山区", "包河区", "庐阳区"]),
        ("福建省", "福州市", ["鼓楼区", "台江区", "仓山区"]),
        ("福建省", "厦门市", ["思明区", "湖里区", "集美区"]),
        ("江西省", "南昌市", ["东湖区", "西湖区", "青山湖区"]),
        ("山东省", "济南市", ["历下区", "市中区", "槐荫区"]),
        ("山东省", "青岛市", ["市南区", "崂山区", "黄岛区"]),
        ("河南省", "郑州市", ["金水区", "二七区", "中原区"]),
        ("湖北省", "武汉市", ["武昌区", "江汉区", "洪山区"]),
        ("湖南省", "长沙市", ["岳麓区", "芙蓉区", "雨花区"]),
        ("广东省", "广州市", ["天河区", "越秀区", "番禺区"]),
        ("广东省", "深圳市", ["南山区", "福田区", "宝安区"]),
        ("广西壮族自治区", "南宁市", ["青秀区", "兴宁区", "西乡塘区"]),
        ("海南省", "海口市", ["龙华区", "美兰区", "琼山区"]),
        ("重庆市", "重庆市", ["渝中区", "江北区", "沙坪坝区"]),
        ("四川省", "成都市", ["锦江区", "武侯区", "青羊区"]),
        ("贵州省", "贵阳市", ["南明区", "云岩区", "观山湖区"]),
        ("云南省", "昆明市", ["五华区", "盘龙区", "官渡区"]),
        ("西藏自治区", "拉萨市", ["城关区", "堆龙德庆区"]),
        ("陕西省", "西安市", ["雁塔区", "碑林区", "未央区"]),
        ("甘肃省", "兰州市", ["城关区", "七里河区", "安宁区"]),
        ("青海省", "西宁市", ["城西区", "城东区", "城中区"]),
        ("宁夏回族自治区", "银川市", ["兴庆区", "金凤区", "西夏区"]),
        ("新疆维吾尔自治区", "乌鲁木齐市", ["天山区", "沙依巴克区", "水磨沟区"]),
    ];

    public static IEnumerable<string> Provinces => Places.Select(place => place.Province).Distinct(StringComparer.Ordinal);

    public static LoadBuyer Buyer(Random random) => new(
        random.Next(1, 5_000_000),
        One(FamilyNames, random) + One(GivenNames, random),
        string.Create(CultureInfo.InvariantCulture, $"{One(PhoneHeads, random)}{random.Next(10_000):D4}"));

    public static LoadAddress Address(Random random)
    {
        var (province, city, districts) = Places[random.Next(Places.Length)];
        var street = string.Create(
            CultureInfo.InvariantCulture,
            $"{One(Streets, random)}{random.Next(1, 999)}号 {random.Next(1, 30)}栋{random.Next(1, 6)}单元{random.Next(101, 2804)}室");
        return new LoadAddress(province, city, One(districts, random), street);
    }

    private static string One(string[] from, Random random) => from[random.Next(from.Length)];
}

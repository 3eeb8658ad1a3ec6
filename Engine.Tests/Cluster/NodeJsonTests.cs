using System.Collections;
using System.Reflection;
using System.Text.Json;
using Engine.Actors.Deciders;
using Engine.Host.Cluster;
using Xunit;

namespace Engine.Tests.Cluster;

/// <summary>Whatever nodes ask and answer each other arrives as it was, every field of it.</summary>
public sealed class NodeJsonTests
{
    const int DepthMax = 6;

    public static TheoryData<string> Types => [.. NodeJson.Types.Keys];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_command_reply_and_view_comes_through_whole(string name)
    {
        var seed = 1;
        var told = Filled(NodeJson.Types[name], ref seed)!;
        var over = JsonSerializer.Deserialize<NodeValue>(JsonSerializer.SerializeToUtf8Bytes(NodeJson.Write(told), NodeJson.Options), NodeJson.Options);
        Assert.Equal(Shown(told), Shown(NodeJson.Read(over)!));
    }

    [Fact]
    public void Nothing_else_is_made_of_what_comes_in() =>
        Assert.Throws<InvalidDataException>(() => NodeJson.Read(new NodeValue("System.IO.FileInfo", default)));

    /// <summary>All that an object holds, by its fields, whatever its properties make of them.</summary>
    static string Shown(object? value) => value switch
    {
        null => "null",
        string or ValueType and (IConvertible or IFormattable) => $"{value}",
        IDictionary map => $"{{{string.Join(", ", map.Keys.Cast<object>().Select(k => $"{Shown(k)}: {Shown(map[k])}"))}}}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Shown))}]",
        _ => $"({string.Join(", ", Fields(value.GetType()).Select(f => $"{f.Name} {Shown(f.GetValue(value))}"))})",
    };

    static IEnumerable<FieldInfo> Fields(Type type) => type == typeof(object) || type.BaseType is null ? [] :
        Fields(type.BaseType).Concat(type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));

    static object? Filled(Type type, ref int seed, int depth = 0)
    {
        seed++;
        // What holds more of its own kind ends somewhere.
        if (depth > DepthMax && !type.IsValueType) return null;
        if (Nullable.GetUnderlyingType(type) is { } inner) return Filled(inner, ref seed, depth);
        if (type == typeof(string)) return $"t{seed}";
        if (type == typeof(ActorId)) return new ActorId(ActorKind.Order, $"t{seed}");
        if (type == typeof(bool)) return true;
        if (type.IsEnum) return Enum.GetValues(type).GetValue(seed % Enum.GetValues(type).Length);
        if (type.IsPrimitive) return Convert.ChangeType(seed % 100, type, System.Globalization.CultureInfo.InvariantCulture);
        if (type == typeof(TimeSpan)) return TimeSpan.FromSeconds(seed);
        if (type.IsArray) return OneOf(type.GetElementType()!, ref seed, depth + 1);
        if (type.IsGenericType && type.GetGenericArguments().Length == 2 && typeof(IEnumerable).IsAssignableFrom(type))
        {
            var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(type.GetGenericArguments()))!;
            map.Add(Filled(type.GetGenericArguments()[0], ref seed, depth + 1)!, Filled(type.GetGenericArguments()[1], ref seed, depth + 1));
            return map;
        }
        if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            var items = OneOf(type.GetGenericArguments()[0], ref seed, depth + 1);
            return type.IsInterface ? items : Activator.CreateInstance(type, items);
        }
        var made = System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
        foreach (var field in Fields(type)) field.SetValue(made, Filled(field.FieldType, ref seed, depth + 1));
        return made;
    }

    static Array OneOf(Type type, ref int seed, int depth)
    {
        var item = Filled(type, ref seed, depth);
        var array = Array.CreateInstance(type, item is null ? 0 : 1);
        if (item is not null) array.SetValue(item, 0);
        return array;
    }
}

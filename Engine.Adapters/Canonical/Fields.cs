using System.Text.Json;

namespace Engine.Adapters.Canonical;

/// <summary>
/// Reads the fields of one JSON object and notes a fault, with its path, where one can't be taken; reading then goes on,
/// so that all faults come out together. <c>null</c> and an empty text count as absent.
/// </summary>
public readonly struct Fields
{
    private static readonly JsonElement EmptyObject = JsonDocument.Parse("{}").RootElement.Clone();

    private readonly JsonElement _object;
    private readonly string _path;

    private Fields(JsonElement element, string path, Faults faults)
    {
        _object = element;
        _path = path;
        Faults = faults;
    }

    public Faults Faults { get; }

    /// <summary>The body as a whole; anything but an object is a fault and reads as an empty one.</summary>
    public static Fields Of(JsonElement root, Faults faults) => ObjectAt(root, "", faults);

    public string Path(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public bool TryGet(string name, out JsonElement value) =>
        _object.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    public bool Has(string name) => TryGet(name, out _);

    public string? Text(string name, bool required = false)
    {
        if (!TryGet(name, out var value))
            return required ? Missing<string>(name) : null;
        if (value.ValueKind != JsonValueKind.String)
            return Refuse<string>(name, "wrong_type", "A text is wanted.");
        var text = value.GetString()!;
        if (text.Length > 0)
            return text;
        return required ? Missing<string>(name) : null;
    }

    /// <summary>A whole number from <paramref name="least"/> (0 or 1) to <paramref name="most"/>.</summary>
    public long? Whole(string name, long least, long most, bool required = false)
    {
        if (!TryGet(name, out var value))
        {
            if (required)
                Missing<string>(name);
            return null;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most)
            return number;
        RefuseNumber(name, value, least, most);
        return null;
    }

    public double? Degrees(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var degrees))
            return degrees;
        Refuse<string>(name, "wrong_type", "A number is wanted.");
        return null;
    }

    public bool Flag(string name)
    {
        if (!TryGet(name, out var value))
            return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Refuse<string>(name, "wrong_type", "true or false is wanted.");
        return value.ValueKind == JsonValueKind.True;
    }

    public DateTimeOffset? Instant(string name, bool required = false)
    {
        if (Text(name, required) is not { } text)
            return null;
        if (Instants.TryRfc3339(text, out var instant))
            return instant;
        Refuse<string>(name, "bad_format", "A time as in RFC 3339 is wanted, e.g. 2025-06-15T15:07:45.000Z.");
        return null;
    }

    /// <summary>One of the given words; <paramref name="absent"/> where nothing is said.</summary>
    public T Choice<T>(string name, ReadOnlySpan<(string Word, T Value)> words, T absent, bool required = false)
    {
        if (Text(name, required) is not { } text)
            return absent;
        foreach (var (word, value) in words)
        {
            if (word == text)
                return value;
        }
        Refuse<string>(name, "unknown_value", "Not one of the known words.");
        return absent;
    }

    public Fields? Object(string name) =>
        TryGet(name, out var value) ? ObjectAt(value, Path(name), Faults) : null;

    /// <summary>The object, or an empty one under the same path.</summary>
    public Fields ObjectOrEmpty(string name) => Object(name) ?? new Fields(EmptyObject, Path(name), Faults);

    /// <summary>The objects of an array, in order; none when there are more than <paramref name="most"/>.</summary>
    public Fields[] Objects(string name, int most, bool required = false)
    {
        var items = Items(name, most, required);
        var objects = new Fields[items.Length];
        for (var i = 0; i < items.Length; i++)
            objects[i] = ObjectAt(items[i], $"{Path(name)}[{i}]", Faults);
        return objects;
    }

    /// <summary>The texts of an array, in order; what is no text is a fault and reads as empty.</summary>
    public string[] Texts(string name, int most)
    {
        var items = Items(name, most, required: false);
        var texts = new string[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            texts[i] = items[i].ValueKind == JsonValueKind.String ? items[i].GetString()! : "";
            if (items[i].ValueKind != JsonValueKind.String)
                Faults.Add($"{Path(name)}[{i}]", "wrong_type", "A text is wanted.");
        }
        return texts;
    }

    /// <summary>Plain values by name, numbers and flags as they are written.</summary>
    public Dictionary<string, string> Values()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in _object.EnumerateObject())
        {
            if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                Refuse<string>(property.Name, "wrong_type", "A plain value is wanted.");
            else if (property.Value.ValueKind != JsonValueKind.Null)
                values[property.Name] = property.Value.ToString();
        }
        return values;
    }

    /// <summary>Notes that a field can't be taken.</summary>
    public T? Refuse<T>(string name, string code, string message)
        where T : class
    {
        Faults.Add(Path(name), code, message);
        return null;
    }

    public T? Missing<T>(string name)
        where T : class => Refuse<T>(name, "required", "This field is required.");

    private static Fields ObjectAt(JsonElement element, string path, Faults faults)
    {
        if (element.ValueKind == JsonValueKind.Object)
            return new Fields(element, path, faults);
        faults.Add(path, "wrong_type", "An object is wanted.");
        return new Fields(EmptyObject, path, faults);
    }

    private JsonElement[] Items(string name, int most, bool required)
    {
        if (!TryGet(name, out var value))
        {
            if (required)
                Missing<string>(name);
            return [];
        }
        if (value.ValueKind != JsonValueKind.Array)
            Refuse<string>(name, "wrong_type", "A list is wanted.");
        else if (value.GetArrayLength() > most)
            Refuse<string>(name, "too_many", $"At most {most} are taken.");
        else if (required && value.GetArrayLength() == 0)
            Missing<string>(name);
        else
            return [.. value.EnumerateArray()];
        return [];
    }

    private void RefuseNumber(string name, JsonElement value, long least, long most)
    {
        var written = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : "";
        var digits = written.AsSpan().TrimStart('-');
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            Refuse<string>(name, "wrong_type", "A whole number is wanted.");
        else if (written[0] == '-' || written == "0")
            Refuse<string>(name, least == 1 ? "not_positive" : "negative", $"At least {least} is wanted.");
        else
            Refuse<string>(name, "too_large", $"At most {most} is taken.");
    }
}

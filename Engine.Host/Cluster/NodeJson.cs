using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Engine.Actors.Deciders;

namespace Engine.Host.Cluster;

/// <summary>
/// How nodes write commands and answers to each other. Both ends are of this program, so every field goes as it is; a field that
/// an older node does not know is passed over, as everywhere.
/// </summary>
static class NodeJson
{
    public static readonly JsonSerializerOptions Options = new() { IncludeFields = true, Converters = { new ActorIdConverter() }, TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutWhatFollows } } };

    /// <summary>What is computed from the rest is not told.</summary>
    static void LeaveOutWhatFollows(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
            if (type.Properties[i] is { Set: null, AssociatedParameter: null }) type.Properties.RemoveAt(i);
    }

    /// <summary>Only these are ever made from what comes in: the engine's own commands, replies and views.</summary>
    public static readonly FrozenDictionary<string, Type> Types = typeof(Command).Assembly.GetTypes()
        .Where(t => t is { IsAbstract: false, IsGenericType: false } && t.FullName is not null && IsTold(t)).ToFrozenDictionary(t => t.FullName!);

    static bool IsTold(Type type) =>
        (type.IsSubclassOf(typeof(Command)) && !type.IsSubclassOf(typeof(Message))) || type.Name.EndsWith("Reply", StringComparison.Ordinal) || type.Name.EndsWith("View", StringComparison.Ordinal)
        || type == typeof(Engine.Actors.Inventory.Ownership);

    public static NodeValue? Write(object? value) =>
        value is null ? null : new NodeValue(value.GetType().FullName!, JsonSerializer.SerializeToElement(value, value.GetType(), Options));

    /// <exception cref="InvalidDataException">It is of a kind that this build does not know.</exception>
    public static object? Read(NodeValue? value) =>
        value is null ? null
        : Types.TryGetValue(value.Type, out var type) ? value.Value.Deserialize(type, Options)
        : throw new InvalidDataException($"{value.Type} is nothing that nodes tell each other");
}

/// <summary>An actor's id as its kind's number and its key.</summary>
sealed class ActorIdConverter : JsonConverter<ActorId>
{
    public override ActorId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null) return default;
        var text = reader.GetString()!;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return new ActorId((ActorKind)byte.Parse(text.AsSpan(0, colon), System.Globalization.CultureInfo.InvariantCulture), text[(colon + 1)..]);
    }

    public override void Write(Utf8JsonWriter writer, ActorId value, JsonSerializerOptions options)
    {
        if (value.Key is null) writer.WriteNullValue();
        else writer.WriteStringValue($"{(byte)value.Kind}:{value.Key}");
    }

    public override bool HandleNull => true;
}

/// <summary>A command, a reply or a view.</summary>
sealed record NodeValue(string Type, JsonElement Value);

/// <summary>A command for an actor of the node that is asked.</summary>
sealed record NodeAsk(byte Kind, string Key, NodeValue Command, byte Lane, string Tenant, bool WithView, TimeSpan Settle);

/// <param name="Kind">An <see cref="Engine.Actors.Asking.AnswerKind"/>.</param>
sealed record NodeAnswer(byte Kind, NodeValue? Reply, NodeValue? View);

sealed record NodeLook(byte Kind, string Key);

/// <param name="State">The actor as its snapshots would have it; null where there is no answer.</param>
sealed record NodeSight(byte Kind, long Now, byte[]? State);

/// <summary>What a node says of itself now and then.</summary>
sealed record NodeStatus(IReadOnlyList<Engine.Actors.Asking.PartitionStatus> Partitions);

using System.Reflection;
using Engine.Actors.Deciders;

namespace Engine.Actors.WhatIf;

/// <summary>What a decision said: its events and messages, in order.</summary>
sealed record Said(IReadOnlyList<Event> Events, IReadOnlyList<(ActorId To, Message Message)> Messages)
{
    public static readonly Said Nothing = new([], []);

    public static Said Of(Decision decision) => new(decision.Events, decision.Messages);

    public bool IsSilent => Events.Count == 0 && Messages.Count == 0;

    /// <summary>To the byte, as frames would hold it.</summary>
    public bool SameAs(Decision decision)
    {
        if (Events.Count != decision.Events.Count || Messages.Count != decision.Messages.Count) return false;
        return Bytes(this).AsSpan().SequenceEqual(Bytes(Of(decision)));
    }

    static byte[] Bytes(Said said)
    {
        var codec = Codec.Writer();
        foreach (var happened in said.Events) Write(codec, happened.Tag, happened);
        foreach (var (to, message) in said.Messages)
        {
            var receiver = to;
            codec.Actor(ref receiver);
            Write(codec, message.Tag, message);
        }
        return codec.Written.ToArray();
    }

    static void Write(Codec codec, byte tag, IEncoded record)
    {
        codec.Byte(ref tag);
        codec.Record(record);
    }

    /// <summary>In words: each event or message with what it says.</summary>
    public IReadOnlyList<string> Tell() => [.. Events.Select(e => Tell(e)), .. Messages.Select(m => $"{Tell(m.Message)} to {m.To}")];

    static string Tell(object record)
    {
        var fields = record.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance).Select(f => (f.Name, Value: Text(f.GetValue(record)))).Where(f => f.Value.Length > 0);
        return $"{record.GetType().Name}({string.Join(", ", fields.Select(f => $"{f.Name} {f.Value}"))})";
    }

    /// <summary>Empty for what says nothing. Persons stand in bytes, which are not shown.</summary>
    static string Text(object? value) => value switch
    {
        null or false or 0 or 0L or "" or byte[] => "",
        string or ValueType => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "",
        System.Collections.ICollection { Count: 0 } => "",
        System.Collections.IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Text))}]",
        _ => Tell(value),
    };
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Adapters.Views;

/// <summary>Lists of texts within a row.</summary>
[JsonSerializable(typeof(IReadOnlyCollection<string>))]
[JsonSerializable(typeof(string[]))]
sealed partial class ViewJson : JsonSerializerContext
{
    /// <summary>Chinese stays readable.</summary>
    public static readonly ViewJson Readable = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

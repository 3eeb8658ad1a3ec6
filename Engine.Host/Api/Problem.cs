using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Engine.Adapters.Canonical;

namespace Engine.Host.Api;

/// <summary>Why a call failed (RFC 9457), with what the caller needs to go on.</summary>
record Problem
{
    public required string Type { get; init; }
    public required string Title { get; init; }
    public required int Status { get; init; }
    public required string Detail { get; init; }
    /// <summary>Stable, snake_case.</summary>
    public required string Code { get; init; }

    /// <summary>For <c>invalid_request</c>: every fault at once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Fault>? Errors { get; init; }

    /// <summary>The stock as it is now, with a fresh token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SnapshotJson? Snapshot { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? WouldFit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReplenishmentJson? Replenishment { get; init; }

    /// <summary>The state that stands in the way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? State { get; init; }

    /// <summary>What is allowed from that state.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Allowed { get; init; }

}

/// <summary>For an adjustment of which no line was applied.</summary>
sealed record AdjustmentProblem : Problem
{
    [SetsRequiredMembers]
    public AdjustmentProblem(Problem problem, string reference, IReadOnlyList<AdjustedLineJson> lines) : base(problem) => (Reference, Lines) = (reference, lines);

    public string Reference { get; }
    public IReadOnlyList<AdjustedLineJson> Lines { get; }
}

/// <summary>For a cart: each line that stood in the way. Nothing is held.</summary>
sealed record CartProblem : Problem
{
    [SetsRequiredMembers]
    public CartProblem(Problem problem, IReadOnlyList<CartRefusalJson> lines) : base(problem) => Lines = lines;

    public IReadOnlyList<CartRefusalJson> Lines { get; }
}

static class Problems
{
    const string ContentType = "application/problem+json";
    /// <summary>Seconds. A full mailbox is worked off in a fraction of that.</summary>
    const string RetryAfter = "1";

    public static Problem New(Code code, string detail) => new()
    {
        Type = $"urn:engine:problem:{code.Name}", Title = code.Title, Status = code.Status, Detail = detail, Code = code.Name,
    };

    public static IResult Of(Code code, string detail) => Of(New(code, detail));

    public static IResult Of(Problem problem) => new ProblemResult(problem);

    static JsonTypeInfo Shape(Problem problem) => problem switch
    {
        CartProblem => ApiJson.Default.CartProblem,
        AdjustmentProblem => ApiJson.Default.AdjustmentProblem,
        _ => ApiJson.Default.Problem,
    };

    public static IResult Invalid(IReadOnlyList<Fault> faults) => Of(New(Code.InvalidRequest, $"{faults.Count} fault(s); see errors.") with { Errors = faults });

    public static IResult Invalid(string path, string code, string message) => Invalid([new Fault(path, code, message)]);

    sealed class ProblemResult(Problem problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            if (problem.Status is 429 or 503) httpContext.Response.Headers.RetryAfter = RetryAfter;
            httpContext.Features.Set(problem);
            JsonRoom.Answer(httpContext.Response, problem.Status, ContentType, problem, Shape(problem));
            return Task.CompletedTask;
        }
    }
}

using System.Text.Json.Serialization.Metadata;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Host.Api;

/// <param name="Refusal">The key is malformed, was used for another call, or can't be claimed; null to go on.</param>
/// <param name="Key">Null where the call has none.</param>
/// <param name="IsRepeat">The same call was made before.</param>
/// <param name="Answer">What it was answered then, where that was kept.</param>
readonly record struct CallClaim(IResult? Refusal, ulong? Key = null, bool IsRepeat = false, byte[]? Answer = null);

/// <summary>The Idempotency-Keys of calls that leave nothing behind by which a repeat could be told: each is claimed by itself, before the call is carried out.</summary>
sealed class CallClaims(IEngine engine)
{
    public async Task<CallClaim> ClaimAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        var call = http.Idempotency(body, out var malformed);
        if (call is null) return new CallClaim(malformed);
        var answer = await engine.AskAsync(Reference(call.Key), new ClaimReference { Body = call.Body }, Options(http));
        if (answer.Reply is not ReferenceReply claim) return new CallClaim(Answers.Failure(answer.Kind));
        return claim.Claim == ReferenceClaim.Conflict
            ? new CallClaim(Problems.Of(Code.IdempotencyConflict, "The Idempotency-Key was used for another call."))
            : new CallClaim(null, call.Key, claim.Claim == ReferenceClaim.Repeated, claim.Answer);
    }

    /// <summary>Nothing came of the call: it may be made again.</summary>
    public async Task FreeAsync(HttpContext http, ulong key) => await engine.AskAsync(Reference(key), new FreeReference(), Options(http));

    /// <summary>
    /// Carries a call out once for each key and answers a repeat with what it answered then. Where that was not kept, for the
    /// engine ended on the way or the call is still being carried out, it is carried out again: only for calls that may be made twice.
    /// </summary>
    /// <param name="status">Of the answer.</param>
    /// <param name="carryOut">The answer, or why there is none: a refusal is not remembered.</param>
    public async Task<IResult> OnceAsync<T>(HttpContext http, ReadOnlyMemory<byte> body, int status, JsonTypeInfo<T> type, Func<Task<(T? Value, IResult? Refusal)>> carryOut) where T : class
    {
        var claim = await ClaimAsync(http, body);
        if (claim.Refusal is not null) return claim.Refusal;
        if (claim.Answer is not null) return Answers.Written(claim.Answer, status);
        byte[]? written = null;
        try
        {
            var (value, refusal) = await carryOut();
            if (refusal is not null) return refusal;
            written = JsonRoom.Write(value, type).ToArray();
        }
        finally
        {
            // A repeat leaves the claim to the call that made it, which may still be on its way.
            if (written is null && claim is { Key: { } key, IsRepeat: false }) await FreeAsync(http, key);
        }
        if (claim.Key is { } kept && (await engine.AskAsync(Reference(kept), new KeepAnswer { Answer = written }, Options(http))).Kind != AnswerKind.Reply)
            return Answers.Failure(AnswerKind.OutcomeUnknown);
        return Answers.Written(written, status);
    }

    static ActorId Reference(ulong key) => ActorId.Reference($"call/{key:x16}");

    static AskOptions Options(HttpContext http) => new(Tenant: http.Caller().Name);
}

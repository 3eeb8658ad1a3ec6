using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Host.Api;

/// <param name="Refusal">The key is malformed, was used with another body, or can't be claimed; null to go on.</param>
/// <param name="Key">Null where the call has none.</param>
/// <param name="IsRepeat">The same call was made before.</param>
readonly record struct CallClaim(IResult? Refusal, ulong? Key = null, bool IsRepeat = false);

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
            ? new CallClaim(Problems.Of(Code.IdempotencyConflict, "The Idempotency-Key was used with another body."))
            : new CallClaim(null, call.Key, claim.Claim == ReferenceClaim.Repeated);
    }

    /// <summary>Nothing came of the call: it may be made again.</summary>
    public async Task FreeAsync(HttpContext http, ulong key) => await engine.AskAsync(Reference(key), new FreeReference(), Options(http));

    static ActorId Reference(ulong key) => ActorId.Reference($"call/{key:x16}");

    static AskOptions Options(HttpContext http) => new(Tenant: http.Caller().Name);
}

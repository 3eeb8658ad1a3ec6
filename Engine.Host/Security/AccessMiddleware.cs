using System.Net;
using Engine.Host.Api;

namespace Engine.Host.Security;

/// <summary>Who may call an endpoint; metadata of the endpoint.</summary>
/// <param name="OpenOnLoopback">From this machine no key is asked for.</param>
sealed record Access(Role Roles, bool OpenOnLoopback = false);

/// <summary>
/// Asks for a key before anything else is looked at. Everything under <c>/v1</c> needs one, also what is not there, so that
/// a stranger can't tell the one from the other.
/// </summary>
sealed class AccessMiddleware(RequestDelegate next, ApiKeys keys)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var access = http.GetEndpoint()?.Metadata.GetMetadata<Access>();
        if (access is null && !http.Request.Path.StartsWithSegments("/v1"))
        {
            await next(http);
            return;
        }
        if (access is { OpenOnLoopback: true } && IsLoopback(http))
        {
            await next(http);
            return;
        }
        var authorization = http.Request.Headers.Authorization;
        if (authorization.Count != 1 || keys.Find(authorization[0]) is not { } caller)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            await Problems.Of(Code.Unauthorized, "A key is wanted: Authorization: Bearer KEY.").ExecuteAsync(http);
            return;
        }
        if (access is not null && (access.Roles & caller.Role) == Role.None)
        {
            await Problems.Of(Code.Forbidden, $"This is not for the role {Roles.Names(caller.Role).First()}.").ExecuteAsync(http);
            return;
        }
        http.Features.Set(caller);
        await next(http);
    }

    static bool IsLoopback(HttpContext http) => http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using Engine.Host.Security;
using Engine.Host.Settings;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Engine.Tests.Host;

/// <summary>What only an address that is not loopback can show.</summary>
public sealed class AccessMiddlewareTests
{
    [Theory]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("::1", null, true)]
    [InlineData("::ffff:127.0.0.1", null, true)]
    [InlineData("10.0.0.7", null, false)]
    [InlineData(null, null, false)]
    [InlineData("10.0.0.7", "ops", true)]
    [InlineData("10.0.0.7", "service", false)]
    public async Task Metrics_and_health_are_open_on_loopback_and_for_ops(string? address, string? role, bool isOpen)
    {
        var reached = false;
        var keys = new ApiKeys(new[] { "ops", "service" }.Select(r => new ApiKeySettings { Name = r, Role = r, Sha256 = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(r))) }));
        var middleware = new AccessMiddleware(_ =>
        {
            reached = true;
            return Task.CompletedTask;
        }, keys);
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        if (role is not null) http.Request.Headers.Authorization = $"Bearer {role}";
        http.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new Access(Role.Admin | Role.Ops, OpenOnLoopback: true)), "metrics"));
        await middleware.InvokeAsync(http);
        Assert.Equal(isOpen, reached);
        if (!isOpen) Assert.Equal(role is null ? 401 : 403, http.Response.StatusCode);
    }
}

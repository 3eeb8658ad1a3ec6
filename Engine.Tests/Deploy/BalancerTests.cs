using System.Diagnostics;
using Engine.Load.Torture;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Engine.Tests.Deploy;

/// <summary>The real HAProxy with the configuration that is shipped, in front of two servers that stand for nodes beyond loopback: they want the key of the watch.</summary>
public sealed class BalancerTests
{
    const string Key = "key-of-the-watch";
    static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Only_nodes_that_say_they_are_ready_get_requests()
    {
        await using Node first = await Node.StartAsync("node-1"), second = await Node.StartAsync("node-2");
        using var folder = new TempFolder();
        var port = Ports.Free();
        var configuration = DeployFiles.Text("haproxy/haproxy.cfg").Replace("bind :8080", $"bind 127.0.0.1:{port}").Replace("node-1:5080", first.Address).Replace("node-2:5080", second.Address);
        File.WriteAllText(folder.File("haproxy.cfg"), configuration);
        var start = new ProcessStartInfo("haproxy", ["-db", "-f", folder.File("haproxy.cfg")]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["ENGINE_WATCH_KEY"] = Key;
        using var haproxy = Process.Start(start)!;
        haproxy.BeginErrorReadLine();
        haproxy.BeginOutputReadLine();
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await Until(async () => await Answers(http) is ["node-1", "node-2"]);
            first.IsReady = false;
            await Until(async () => await Answers(http) is ["node-2"]);
            second.IsReady = false;
            await Until(async () => await Answers(http) is ["ServiceUnavailable"]);
            first.IsReady = true;
            await Until(async () => await Answers(http) is ["node-1"]);
        }
        finally
        {
            haproxy.Kill();
            await haproxy.WaitForExitAsync();
        }
    }

    /// <summary>Who answers ten requests, each once.</summary>
    static async Task<string[]> Answers(HttpClient http)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 10; i++)
        {
            try
            {
                using var answer = await http.GetAsync("/v1/skus/A");
                seen.Add(answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : answer.StatusCode.ToString());
            }
            catch (HttpRequestException e)
            {
                seen.Add(e.HttpRequestError.ToString());
            }
        }
        return [.. seen];
    }

    static async Task Until(Func<Task<bool>> isSo)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Long, "the balancer does not follow");
            await Task.Delay(100);
        }
    }

    sealed class Node(WebApplication app) : IAsyncDisposable
    {
        volatile bool _isReady = true;

        public bool IsReady { get => _isReady; set => _isReady = value; }
        public string Address => new Uri(app.Urls.First()).Authority;

        public static async Task<Node> StartAsync(string name)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var node = new Node(app);
            app.Run(http => node.AnswerAsync(http, name));
            await app.StartAsync();
            return node;
        }

        Task AnswerAsync(HttpContext http, string name)
        {
            if (http.Request.Path == "/health/ready") http.Response.StatusCode = http.Request.Headers.Authorization != $"Bearer {Key}" ? 401 : IsReady ? 200 : 503;
            return http.Response.WriteAsync(name);
        }

        public async ValueTask DisposeAsync() => await app.DisposeAsync();
    }
}

using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using Engine.Actors;
using Engine.Adapters;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Keys;
using Engine.Adapters.Views;
using Engine.Host.Ingress;
using Engine.Host.Views;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Engine.Host.Cli;

/// <summary>Makes the read models anew: of an engine that runs, beside those that go on serving, or of a store at rest.</summary>
static class ViewsCommand
{
    static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var url = Options.Address("--url", "Address of an engine that runs; without it the store must be at rest");
        var key = new Option<string?>("--key-file") { Description = "File with an admin key for --url" };
        var data = new Option<string?>("--data") { Description = "Folder of an embedded store at rest; the configured store where none is given" };
        var rebuild = new Command("rebuild", "Projects the whole journal anew and puts the result in the place of the old one") { url, key, data };
        rebuild.SetAction((parsed, stop) => parsed.GetValue(url) is { } address
            ? RebuildRunningAsync(address, parsed.GetValue(key), Terminal.Open(), TimeProvider.System, stop)
            : Task.Run(() => RebuildResting(parsed.GetValue(data), Terminal.Open()), CancellationToken.None).WaitAsync(stop));
        return new Command("views", "The read models that lists and the time machine answer from") { rebuild };
    }

    static async Task<int> RebuildRunningAsync(Uri url, string? keyFile, IAnsiConsole console, TimeProvider time, CancellationToken stop)
    {
        if (keyFile is null) throw new StartupException("--url wants --key-file: a file with an admin key.");
        using var http = new HttpClient { BaseAddress = url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Options.ReadKeyAsync(keyFile));
        var before = await ReadAsync(http, HttpMethod.Get, "/v1/views", stop);
        var status = await ReadAsync(http, HttpMethod.Post, "/v1/views/rebuild", stop);
        while (status.TryGetProperty("rebuilding", out var partitions) || status.GetProperty("rebuilds").GetInt64() == before.GetProperty("rebuilds").GetInt64())
        {
            if (partitions.ValueKind == JsonValueKind.Array)
                console.WriteLine($"  {Terminal.Number(partitions.EnumerateArray().Sum(p => p.GetProperty("position").GetInt64()))} frames projected");
            await Task.Delay(ShowEvery, time, stop);
            status = await ReadAsync(http, HttpMethod.Get, "/v1/views", stop);
        }
        console.WriteLine("The read models are made anew.");
        return 0;
    }

    static async Task<JsonElement> ReadAsync(HttpClient http, HttpMethod method, string path, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, path);
        try
        {
            using var answer = await http.SendAsync(request, stop);
            if (!answer.IsSuccessStatusCode) throw new StartupException($"{http.BaseAddress} answered {(int)answer.StatusCode} to {method} {path}. Is it an admin key that --key-file names?");
            return JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
        }
        catch (HttpRequestException e)
        {
            throw new StartupException($"{http.BaseAddress} can't be reached: {e.Message}", e);
        }
    }

    static int RebuildResting(string? directory, IAnsiConsole console)
    {
        var settings = Stores.Configured(directory);
        using var reader = Stores.Read(settings);
        // An engine that runs on the folder has the file open.
        using var alone = StoreLock.Take(Directory.CreateDirectory(settings.DataDirectory).FullName, TimeProvider.System);
        using var seal = new PersonalSeal(MasterKey.Load(settings.MasterKeyPath));
        var shown = 0L;
        ReadModels.RebuildOffline(
            new ReadModelOptions
            {
                Directory = settings.DataDirectory, Postgres = settings.Store == "postgres" ? settings.Postgres : null, Reader = settings.ViewsReader, Journal = reader, Domain = EngineDomain.Instance, Durable = () => [],
                Persons = new PersonIndex(seal, new PersonalDesk(seal, reader, NullLogger<PersonalDesk>.Instance)),
            },
            frames =>
            {
                if (frames - shown < 10_000) return;
                shown = frames;
                console.WriteLine($"  {Terminal.Number(frames)} frames projected");
            });
        console.WriteLine("The read models are made anew.");
        return 0;
    }
}

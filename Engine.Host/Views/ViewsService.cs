using Engine.Adapters.Views;

namespace Engine.Host.Views;

/// <summary>Keeps the read models up with the journal while the process runs.</summary>
sealed class ViewsService(ReadModels models) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        models.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(models.Dispose, CancellationToken.None);
}

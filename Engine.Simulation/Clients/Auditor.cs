using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Simulation.Clients;

/// <summary>Reads whatever there is, frees locks whose order or cart says that they are not its own, and serves who waits beside free stock.</summary>
sealed class Auditor(SimulationRun run) : IClient
{
    public void Act()
    {
        if (run.Random.Next(3) > 0)
        {
            run.Courier.Read(run.SomeActor(), static _ => { });
            return;
        }
        var sku = ActorId.Sku(run.World.Sku());
        run.Courier.Read(sku, actor =>
        {
            var found = (actor as SkuActor)?.Reservations.FirstOrDefault(r => r is { Owner: not ReservationOwner.Caller, IsLive: true });
            if (found is not null) AskOwner(sku, found.Leader, found.Id);
            if (actor is SkuActor { Backorders.Count: > 0, Available: > 0 } && run.Courier.IsConnected) run.Courier.Ask(sku, new ServeWaiting(), default, static _ => { });
        });
    }

    void AskOwner(ActorId sku, ActorId leader, string reservation)
    {
        if (!run.Courier.IsConnected) return;
        run.Courier.Ask(leader, new AskOwnership { ReservationId = reservation, Sku = sku.Key }, default, answer =>
        {
            if (answer.Reply is Ownership { IsMine: false } && run.Courier is { IsConnected: true, IsStale: false })
                run.Courier.Ask(sku, new FreeOrphan { ReservationId = reservation, Why = "not mine" }, default, static _ => { });
        });
    }

    public void Check() { }
}

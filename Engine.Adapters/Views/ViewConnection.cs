using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>A connection to the tables of read models; used by one thread at a time.</summary>
abstract class ViewConnection : IDisposable
{
    /// <summary>It is of no use any more, and what it held is let go of.</summary>
    public virtual bool IsBroken => false;

    public abstract Statement Prepare(string sql);

    /// <summary>A transaction that writes.</summary>
    public abstract void Begin();

    /// <summary>A transaction that sees everything as it is at one moment.</summary>
    public abstract void BeginRead();

    public abstract void Commit();

    /// <summary>Ends a transaction that failed, where there is one.</summary>
    public abstract void Rollback();

    /// <summary>True once nobody else projects into these tables; from then on until the connection ends.</summary>
    public virtual bool TryLead() => true;

    /// <summary>It led these tables, and somebody has put others in their place, which know nothing of what this one wrote.</summary>
    public virtual bool IsReplaced => false;

    public abstract void Dispose();
}

namespace Engine.Adapters.Views;

/// <summary>Where the tables of read models are kept: how they are made, recognised, opened, exchanged and thrown away. All of them can be projected again.</summary>
abstract class ViewPlace : IDisposable
{
    /// <summary>For messages; without secrets.</summary>
    public abstract string Name { get; }

    /// <summary>Several nodes read the same tables, and one of them projects.</summary>
    public virtual bool IsShared => false;

    public abstract long Bytes { get; }

    /// <summary>Opens the tables, or makes them; those of another shape or damaged are made anew, and <paramref name="remade"/> says why.</summary>
    public abstract ViewConnection OpenForWriting(int partitions, out string? remade);

    /// <summary>Makes tables that nobody reads until they take their place (<see cref="Replace"/>); what was left of an earlier attempt is thrown away.</summary>
    public abstract ViewConnection MakeAlone(int partitions);

    public abstract ViewConnection OpenForReading();

    /// <summary>Throws the tables away.</summary>
    /// <param name="writer">The open connection of who projects into them, where there is one.</param>
    /// <param name="close">Closes it, and all that read.</param>
    public abstract void Delete(ViewConnection? writer, Action close);

    /// <summary>Throws away what <see cref="MakeAlone"/> made; nobody has it open.</summary>
    public abstract void DeleteAlone();

    /// <summary>Puts finished tables, which nobody has open any more, in the place of the others.</summary>
    public abstract void Replace(ViewConnection? writer, Action close);

    /// <summary>What went wrong lies in the tables or on the way to them.</summary>
    public abstract bool IsFault(Exception e);

    /// <summary>The tables themselves are broken, rather than out of reach.</summary>
    public abstract bool IsDamage(Exception e);

    public virtual void Dispose() { }
}

namespace Engine.Adapters.Journals;

/// <summary>The steps of a transaction at which it may fail with different consequences.</summary>
enum WriteStep
{
    /// <summary>All is written and nothing committed.</summary>
    Written,
    /// <summary>A failure here stands for a commit that failed and left nothing.</summary>
    Committing,
    /// <summary>A failure here stands for a commit that was made and whose answer was lost.</summary>
    Committed,
    /// <summary>Before the commit that settles what became of a failed one.</summary>
    Settling,
}

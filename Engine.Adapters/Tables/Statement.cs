namespace Engine.Adapters.Tables;

/// <summary>
/// A statement prepared once and run many times: parameters are given in order with <see cref="With(long)"/>, rows come one by one.
/// </summary>
abstract class Statement : IDisposable
{
    RowCheck _check;

    public Statement With(long value)
    {
        _check.Add(value);
        Bind(value);
        return this;
    }

    public abstract Statement With(string value);

    public Statement With(ReadOnlySpan<byte> value)
    {
        _check.Add(value);
        Bind(value);
        return this;
    }

    public Statement WithNull()
    {
        _check.AddNull();
        BindNull();
        return this;
    }

    /// <summary>NULL for an empty text.</summary>
    public Statement WithOrNull(string? value) => string.IsNullOrEmpty(value) ? WithNull() : With(value);

    public Statement WithOrNull(long? value) => value is { } number ? With(number) : WithNull();

    /// <summary>The checksum of all values given so far, by which <see cref="RequireWhole"/> knows the row again.</summary>
    public Statement WithCheck() => With(_check.Value);

    /// <summary>Runs to the end, past any rows.</summary>
    public virtual void Run()
    {
        try
        {
            while (Step()) { }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>To the next row; false when there is none. <see cref="Reset"/> must follow, whatever comes of it.</summary>
    public abstract bool Step();

    /// <summary>Ends a run and forgets its parameters.</summary>
    public virtual void Reset() => _check = default;

    /// <summary>The first column of the only row, or null.</summary>
    public long? OneLong()
    {
        try
        {
            return Step() && !IsNull(0) ? Long(0) : null;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>The first column of the only row, or null.</summary>
    public byte[]? OneBlob()
    {
        try
        {
            return Step() ? Blob(0).ToArray() : null;
        }
        finally
        {
            Reset();
        }
    }

    public abstract bool IsNull(int column);
    public abstract long Long(int column);
    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);
    public abstract string Text(int column);
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Of a text its UTF-8. Valid until the next step or reset.</summary>
    public abstract ReadOnlySpan<byte> Blob(int column);

    /// <summary>Holds the row's first columns against the checksum behind them, which was written by <see cref="WithCheck"/>.</summary>
    /// <exception cref="DamagedRowException">The row is not as it was written.</exception>
    public void RequireWhole(int columns, string what)
    {
        var check = default(RowCheck);
        for (var column = 0; column < columns; column++)
        {
            if (IsNull(column)) check.AddNull();
            else if (IsLong(column)) check.Add(Long(column));
            else check.Add(Blob(column));
        }
        if (check.Value != Long(columns)) throw new DamagedRowException($"a row of {what} is not as it was written");
    }

    public abstract void Dispose();

    protected void Check(ReadOnlySpan<byte> text) => _check.Add(text);
    protected abstract void Bind(long value);
    protected abstract void Bind(ReadOnlySpan<byte> value);
    protected abstract void BindNull();
    protected abstract bool IsLong(int column);
}

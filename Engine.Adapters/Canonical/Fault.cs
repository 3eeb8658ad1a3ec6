namespace Engine.Adapters.Canonical;

/// <summary>One thing wrong with a request body.</summary>
/// <param name="Path">Where, as <c>lines[0].quantity</c>; empty for the body as a whole.</param>
/// <param name="Code">Stable, snake_case: <c>required</c>, <c>wrong_type</c>, <c>not_positive</c>, …</param>
public sealed record Fault(string Path, string Code, string Message);

/// <summary>
/// Collects the faults of one body: the first at each path, and none inside something that is refused as a whole.
/// Bounded, so that a hostile body can't make the answer bigger than itself.
/// </summary>
public sealed class Faults
{
    private const int Most = 2_000;

    private List<Fault>? _found;
    private HashSet<string>? _paths;

    public bool Any => _found is not null;

    public IReadOnlyList<Fault> Found => _found ?? (IReadOnlyList<Fault>)[];

    public void Add(string path, string code, string message)
    {
        _found ??= [];
        _paths ??= new HashSet<string>(StringComparer.Ordinal);
        if (_found.Count >= Most || Covers(path))
            return;
        _paths.Add(path);
        _found.Add(new Fault(path, code, message));
    }

    /// <summary>The first fault in a line, for people who look into the quarantine.</summary>
    public override string ToString() => _found is null ? "" : $"{_found[0].Path}: {_found[0].Code}";

    private bool Covers(string path)
    {
        while (!_paths!.Contains(path))
        {
            if (path.Length == 0)
                return false;
            path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        }
        return true;
    }
}

/// <summary>What came of reading a body: a value, or every fault that stood in its way.</summary>
public readonly record struct Reading<T>(T? Value, IReadOnlyList<Fault> Faults)
    where T : class
{
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Value))]
    public bool IsGood => Value is not null;
}

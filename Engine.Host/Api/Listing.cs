using System.Buffers.Text;
using System.Text;
using Engine.Adapters.Canonical;

namespace Engine.Host.Api;

/// <summary>Which page of a list is wanted. The cursor is the last id that was shown; lists are ordered by id (ordinal) where nothing else is said.</summary>
readonly record struct Listing(int Limit, string? After)
{
    public const int LimitMax = 500;
    const int LimitDefault = 100;

    public static Listing Read(HttpContext http, Faults faults)
    {
        var limit = LimitDefault;
        if (http.Query("limit") is { } asked && (!int.TryParse(asked, out limit) || limit is < 1 or > LimitMax))
            faults.Add("limit", "out_of_range", $"1 to {LimitMax} is wanted.");
        string? after = null;
        if (http.Query("cursor") is { } cursor)
        {
            try
            {
                after = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
            }
            catch (FormatException)
            {
                faults.Add("cursor", "bad_format", "The next of an earlier page is wanted.");
            }
        }
        return new(limit, after);
    }

    bool IsBehind(string id) => After is null || string.CompareOrdinal(id, After) > 0;

    /// <summary>The cursor of the page behind what was shown last.</summary>
    public static string CursorOf(string lastShown) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(lastShown));

    /// <summary>Cuts the page out of items in any order.</summary>
    public ListJson<TShown> Page<T, TShown>(IEnumerable<T> all, Func<T, string> id, Func<T, TShown> show)
    {
        var found = Smallest(all, id);
        var more = found.Count > Limit;
        if (more) found.RemoveAt(Limit);
        return new ListJson<TShown>(found.ConvertAll(f => show(f)), more ? CursorOf(id(found[^1])) : null);
    }

    /// <summary>The first items behind the cursor in order, one more than the page takes: without sorting a hundred thousand.</summary>
    List<T> Smallest<T>(IEnumerable<T> all, Func<T, string> id)
    {
        var largestFirst = new PriorityQueue<T, string>(Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)));
        foreach (var item in all)
        {
            if (!IsBehind(id(item))) continue;
            if (largestFirst.Count <= Limit) largestFirst.Enqueue(item, id(item));
            else largestFirst.EnqueueDequeue(item, id(item));
        }
        var found = new List<T>(largestFirst.Count);
        while (largestFirst.TryDequeue(out var item, out _)) found.Add(item);
        found.Reverse();
        return found;
    }
}

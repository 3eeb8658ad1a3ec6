namespace Engine.Host.Security;

/// <summary>What a key may do (API.md, roles). A set, so that an endpoint can name all that may call it.</summary>
[Flags]
public enum Role
{
    None = 0,
    Admin = 1,
    Ops = 2,
    Service = 4,
    /// <summary>Customer service.</summary>
    Cs = 8,
    Warehouse = 16,
    Anyone = Admin | Ops | Service | Cs | Warehouse,
}

public static class Roles
{
    static readonly (string Name, Role Role)[] All =
        [("admin", Role.Admin), ("ops", Role.Ops), ("service", Role.Service), ("cs", Role.Cs), ("warehouse", Role.Warehouse)];

    public static Role? Parse(string name)
    {
        foreach (var (known, role) in All)
            if (known == name) return role;
        return null;
    }

    public static IEnumerable<string> Names(Role roles) => All.Where(r => (r.Role & roles) != Role.None).Select(r => r.Name);
}

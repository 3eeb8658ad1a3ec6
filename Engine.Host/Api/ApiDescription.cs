using Engine.Host.Security;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Engine.Host.Api;

/// <summary>Fills the OpenAPI document with what the endpoints' metadata say: parameters, bodies, keys and refusals.</summary>
static class ApiDescription
{
    const string Scheme = "key";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Engine", Version = "v1", Description = "Inventory and orders: reserve without overselling, one order is one order." };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key; its role decides what it may do." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
        options.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(Instant)) (schema.Type, schema.Format) = (JsonSchemaType.String, "date-time");
            // Only platform adapters say that a code is the platform's own.
            if (type == typeof(Engine.Adapters.Canonical.CanonicalLine)) schema.Properties?.Remove("byPlatformSku");
            return Task.CompletedTask;
        });
    }

    static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken stop)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Parameters = [.. Parameters(context.Description.RelativePath!, metadata)];
        if (metadata.OfType<BodyInfo>().LastOrDefault() is { } body)
        {
            var schema = await SchemaAsync(body.Shape, context, stop);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true, Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema } },
            };
        }

        var problem = await SchemaAsync(metadata.OfType<ProblemInfo>().LastOrDefault()?.Shape ?? typeof(Problem), context, stop);
        var refusals = metadata.OfType<RefusalInfo>().SelectMany(r => r.Codes).ToList();
        if (metadata.OfType<Access>().LastOrDefault() is { } access)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
            operation.Description = $"{operation.Description} Roles: {string.Join(", ", Roles.Names(access.Roles))}.{(access.OpenOnLoopback ? " No key is needed on loopback." : "")}".TrimStart();
            refusals.AddRange([Code.Unauthorized, Code.Forbidden, Code.Overloaded, Code.StoreUnavailable, Code.OutcomeUnknown]);
            if (operation.RequestBody is not null || operation.Parameters.Any(p => p.In != ParameterLocation.Path)) refusals.Add(Code.InvalidRequest);
        }
        operation.Responses ??= [];
        foreach (var group in refusals.Distinct().GroupBy(r => r.Status).OrderBy(g => g.Key))
        {
            operation.Responses.TryAdd(group.Key.ToString(), new OpenApiResponse
            {
                Description = string.Join(", ", group.Select(r => r.Name)),
                Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new() { Schema = problem } },
            });
        }
    }

    /// <summary>A reference to the one description of the type.</summary>
    static async Task<OpenApiSchemaReference> SchemaAsync(Type type, OpenApiOperationTransformerContext context, CancellationToken stop)
    {
        var document = context.Document!;
        if (document.Components?.Schemas?.ContainsKey(type.Name) != true) document.AddComponent(type.Name, await context.GetOrCreateSchemaAsync(type, null, stop));
        return new OpenApiSchemaReference(type.Name, document);
    }

    static IEnumerable<IOpenApiParameter> Parameters(string path, IList<object> metadata)
    {
        foreach (var part in path.Split('/', '?'))
            if (part is ['{', .. var name, '}']) yield return Parameter(name, ParameterLocation.Path, "Percent-encoded.", isRequired: true);
        foreach (var query in metadata.OfType<QueryInfo>()) yield return Parameter(query.Name, ParameterLocation.Query, query.Meaning, isRequired: false);
        if (metadata.OfType<KeyInfo>().Any())
            yield return Parameter("Idempotency-Key", ParameterLocation.Header, "The same key with the same body is answered the same for seven days.", isRequired: false);
    }

    static OpenApiParameter Parameter(string name, ParameterLocation where, string description, bool isRequired) => new()
    {
        Name = name, In = where, Required = isRequired, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}

import Kernel

/// What `type` may be in a JSON Schema (2020-12, validation, section 6.1.1): a word of seven, or a list of them.
enum SchemaTypes {
    private static let words = ["null", "boolean", "object", "array", "number", "string", "integer"]
    /// Keywords whose value is a schema, a list of schemas, and a mapping of names to schemas.
    private static let schemas = [
        "items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else",
        "unevaluatedItems", "unevaluatedProperties",
    ]
    private static let lists = ["prefixItems", "allOf", "anyOf", "oneOf"]
    private static let maps = ["properties", "patternProperties", "dependentSchemas", "$defs"]

    /// Tells the first `type` of a schema, or of a schema in it, that is none, where somebody asks. True and false are
    /// schemas too.
    static func check(_ schema: DataNode, _ context: ToolCatalogue.Context) throws(DataMistake) {
        guard context.userMembers != nil else { return }
        try check(schema)
    }

    private static func check(_ schema: DataNode) throws(DataMistake) {
        guard schema.json.bool == nil else { return }
        _ = try schema.object()
        if let type = schema["type"] {
            if type.json.array == nil {
                _ = try type.word(of: words)
            } else {
                for item in try type.items() { _ = try item.word(of: words) }
            }
        }
        for name in schemas {
            guard let inner = schema[name] else { continue }
            // Before 2020-12 the items of a tuple stood in a list.
            for each in inner.json.array == nil ? [inner] : try inner.items() { try check(each) }
        }
        for name in lists { for inner in try schema[name]?.items() ?? [] { try check(inner) } }
        for name in maps { for inner in try schema[name]?.members() ?? [] { try check(inner.value) } }
    }
}

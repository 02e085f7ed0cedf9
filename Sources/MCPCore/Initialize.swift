package import Kernel

/// What a client says of itself in `initialize`: three members, which the schema of every revision requires (MCP
/// 2025-11-25, schema, InitializeRequestParams).
package struct InitializeParams: Sendable {
    /// The revision that the client asks for; empty where it names none and need not.
    package let requested: String

    /// Refuses a member of another type with -32602 and, unless `mayLack`, one that is missing. Params without any
    /// member are refused in either case.
    package init(_ params: JSONObject, mayLack: Bool) throws(JSONRPCError) {
        let reader = Reader(mayLack: mayLack && !params.isEmpty)
        requested = try reader.read("protocolVersion", of: params)?.string ?? ""
        _ = try reader.read("capabilities", of: params, isObject: true)
        guard let client = try reader.read("clientInfo", of: params, isObject: true) else { return }
        _ = try reader.read("name", of: client.object ?? [:], in: "clientInfo.")
        _ = try reader.read("version", of: client.object ?? [:], in: "clientInfo.")
    }

    private struct Reader {
        let mayLack: Bool

        /// A text, or an object; nil for one that is missing and may be.
        func read(
            _ name: String, of object: JSONObject, isObject: Bool = false, in path: String = ""
        ) throws(JSONRPCError) -> JSONValue? {
            let value = object[name] ?? .null
            if value.isNull, mayLack { return nil }
            guard isObject ? value.object != nil : value.string != nil else {
                throw .invalidParams("Invalid params: \(path)\(name) expected")
            }
            return value
        }
    }
}

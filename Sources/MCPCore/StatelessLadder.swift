import HTTPTypes
package import Kernel

/// A request of 2026-07-28: everything its receiver must know stands in it.
package struct StatelessRequest: Hashable, Sendable {
    package let id: RequestID
    package let method: String
    package let params: JSONObject
    package let revision: Revision
    /// What the client declared for this request.
    package let capabilities: JSONObject
    /// The fields that mirror arguments, by their name behind the prefix, in lower case, decoded; nil for one that
    /// cannot be.
    package let mirrored: [MirroredField]
}

/// A field such as `Mcp-Param-owner: octocat`.
package struct MirroredField: Hashable, Sendable {
    package let name: String
    package let value: String?
}

/// The checks of a request that stands for itself, in the order of the reference servers; the first failure wins (MCP
/// 2026-07-28, basic, transports, streamable HTTP).
struct StatelessLadder {
    let served: [Revision]
    private typealias Refusal = StreamableHTTP.Refusal

    func climb(
        _ request: Request, _ json: JSONValue, _ declared: String?
    ) throws(StreamableHTTP.Refusal) -> StreamableHTTP.Incoming {
        let message: JSONRPCMessage
        switch JSONRPCMessage.read(json) {
        case .success(let read): message = read
        case .failure(let failure): throw Refusal(400, failure.error, id: failure.id)
        }
        switch message {
        case .response: throw Refusal(400, .invalidRequest)
        case .notification:
            if let declared, !served.contains(Revision(rawValue: declared)) {
                throw Refusal(400, .unsupportedVersion(declared, supported: served))
            }
            return .statelessNotification
        case .request(let id, let method, let params):
            do throws(JSONRPCError) {
                let fields = request.head.headerFields
                try checkRepeats(fields)
                let (version, capabilities) = try meta(params)
                try checkMirrors(fields, method, params, version, declared)
                let revision = Revision(rawValue: version)
                guard served.contains(revision) else {
                    throw .unsupportedVersion(version, supported: served)
                }
                return .stateless(
                    StatelessRequest(
                        id: id, method: method, params: params, revision: revision, capabilities: capabilities,
                        mirrored: Self.mirrored(fields)))
            } catch {
                throw Refusal(400, error, id: id)
            }
        }
    }

    /// Proxies route by these, so that two of them could lead two ways.
    private func checkRepeats(_ fields: HTTPFields) throws(JSONRPCError) {
        for name in [MCPName.methodHeader, MCPName.nameHeader] where fields[values: name].count > 1 {
            throw .headerMismatch("\(name.canonicalName) header is given more than once")
        }
    }

    private func meta(_ params: JSONObject) throws(JSONRPCError) -> (version: String, capabilities: JSONObject) {
        guard let meta = params["_meta"]?.object else { throw .invalidParams("Invalid params: _meta is missing") }
        guard let version = meta[MCPName.versionMeta]?.string else {
            throw .invalidParams("Invalid params: _meta lacks \(MCPName.versionMeta)")
        }
        guard let capabilities = meta[MCPName.capabilitiesMeta]?.object else {
            throw .invalidParams("Invalid params: _meta lacks \(MCPName.capabilitiesMeta)")
        }
        return (version, capabilities)
    }

    private func checkMirrors(
        _ fields: HTTPFields, _ method: String, _ params: JSONObject, _ version: String, _ declared: String?
    ) throws(JSONRPCError) {
        guard let declared else { throw Self.missing(MCPName.versionHeader) }
        guard declared == version else { throw Self.mismatch(MCPName.versionHeader, "protocol version") }
        guard let mirror = fields[MCPName.methodHeader] else { throw Self.missing(MCPName.methodHeader) }
        guard trimmed(mirror) == method else { throw Self.mismatch(MCPName.methodHeader, "method") }
        let member: String
        switch method {
        case "tools/call", "prompts/get": member = "name"
        case "resources/read": member = "uri"
        default: return
        }
        guard let name = params[member]?.string else { return }
        guard let field = fields[MCPName.nameHeader] else { throw Self.missing(MCPName.nameHeader) }
        guard HeaderText.decoded(field) == name else {
            throw Self.mismatch(MCPName.nameHeader, "'\(member)' parameter")
        }
    }

    private static func missing(_ name: HTTPField.Name) -> JSONRPCError {
        .headerMismatch("\(name.canonicalName) header is missing")
    }
    private static func mismatch(_ name: HTTPField.Name, _ what: String) -> JSONRPCError {
        .headerMismatch("\(name.canonicalName) header does not match the request body's \(what)")
    }

    private static func mirrored(_ fields: HTTPFields) -> [MirroredField] {
        fields.compactMap { field in
            let name = field.name.canonicalName
            guard name.hasPrefix(MCPName.parameterPrefix) else { return nil }
            return MirroredField(
                name: String(name.dropFirst(MCPName.parameterPrefix.count)), value: HeaderText.decoded(field.value))
        }
    }
}

/// How a text travels in a header: as it is, or where it cannot, as `=?base64?…?=` (MCP 2026-07-28, transports).
package enum HeaderText {
    private static let (head, tail) = ("=?base64?", "?=")

    /// Nil for a value that is marked as Base64 and is none; one with only half of the mark stands for itself.
    package static func decoded(_ value: String) -> String? {
        let value = trimmed(value)
        guard value.count >= head.count + tail.count, value.hasPrefix(head), value.hasSuffix(tail) else { return value }
        let inner = String(value.dropFirst(head.count).dropLast(tail.count))
        // Strict, padding included: a decoder that forgives would let two texts mean the same.
        return Base64.decode(inner).flatMap { String(validating: $0, as: UTF8.self) }
    }

    package static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        let isSafe = isPlain && text == trimmed(text) && !text.hasPrefix(head)
        return isSafe ? text : head + Base64.encode(Array(text.utf8)) + tail
    }
}

/// The arguments a tool wants mirrored: properties with `x-mcp-header` in its input schema.
enum MirroredArguments {
    /// - Throws: -32020 for the first argument whose field is missing, superfluous or says something else.
    static func check(
        _ fields: [MirroredField], schema: JSONValue, arguments: JSONValue
    ) throws(JSONRPCError) {
        for (name, value) in annotated(schema, arguments) {
            let given = fields.filter { $0.name == name.lowercased() }
            let header = MCPName.parameterPrefix + name.lowercased()
            guard given.count <= 1 else { throw .headerMismatch("\(header) header is given more than once") }
            guard let value, !value.isNull else {
                guard given.isEmpty else { throw .headerMismatch("\(header) header has no argument in the body") }
                continue
            }
            guard let field = given.first else { throw .headerMismatch("\(header) header is missing") }
            guard let text = field.value, says(text, value) else {
                throw .headerMismatch("\(header) header does not match the argument")
            }
        }
    }

    /// Numbers are compared as numbers, truth values by their words.
    private static func says(_ text: String, _ value: JSONValue) -> Bool {
        switch value {
        case .string(let wanted): text == wanted
        case .bool(let flag): text == (flag ? "true" : "false")
        case .int, .double: isSameNumber(text, value)
        default: false
        }
    }

    /// Written as JSON writes numbers; whole ones are compared as such, because a double holds no more than 53 bits.
    private static func isSameNumber(_ text: String, _ value: JSONValue) -> Bool {
        guard let said = try? JSONValue(parsing: text) else { return false }
        if let one = said.int, let other = value.int { return one == other }
        return said.double != nil && said.double == value.double
    }

    /// Header name and argument of each annotated property, in the order of the schema.
    private static func annotated(_ schema: JSONValue, _ arguments: JSONValue) -> [(name: String, value: JSONValue?)] {
        (schema["properties"]?.object?.members ?? []).flatMap { property in
            let value = arguments[property.name]
            let own = property.value["x-mcp-header"]?.string.map { [($0, value)] } ?? []
            return own + annotated(property.value, value ?? .null)
        }
    }
}

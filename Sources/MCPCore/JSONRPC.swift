package import Kernel

// MCPCore is the words of the Model Context Protocol as both ends speak them: messages, revisions, the HTTP transport.
// It knows no gateway, no authorization and no tool.

/// Id of a request: a string or a whole number. Null and fractions are none (MCP 2025-11-25, basic, requests).
package enum RequestID: Hashable, Sendable {
    case string(String)
    case int(Int64)

    package init?(_ json: JSONValue) {
        switch json {
        case .string(let text): self = .string(text)
        case .int(let number): self = .int(number)
        default: return nil
        }
    }

    package var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .int(let number): .int(number)
        }
    }
}

/// An error as JSON-RPC sends it. Two are equal when their codes are.
package struct JSONRPCError: Error, Hashable, Sendable {
    package let code: Int
    package let message: String
    package let data: JSONValue?

    package init(_ code: Int, _ message: String, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    package static func == (left: JSONRPCError, right: JSONRPCError) -> Bool { left.code == right.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// JSON-RPC 2.0 section 5.1.
    package static let unparsable = JSONRPCError(-32700, "Parse error")
    package static let invalidRequest = JSONRPCError(-32600, "Invalid Request")
    package static func methodNotFound(_ method: String) -> JSONRPCError {
        JSONRPCError(-32601, "Method not found", data: .string(method))
    }
    package static func invalidParams(_ reason: String) -> JSONRPCError { JSONRPCError(-32602, reason) }
    package static let internalFailure = JSONRPCError(-32603, "Internal error")
    /// MCP 2026-07-28, streamable HTTP: a header does not say what the body says.
    package static func headerMismatch(_ reason: String) -> JSONRPCError { JSONRPCError(-32020, reason) }
    /// MCP 2026-07-28, lifecycle: the client did not declare what is needed; `capabilities` says what.
    package static func missingCapability(_ capabilities: JSONValue) -> JSONRPCError {
        JSONRPCError(
            -32021, "Missing required client capability", data: ["requiredCapabilities": capabilities])
    }
    /// MCP 2026-07-28, versioning: what is served, and what was asked for.
    package static func unsupportedVersion(_ requested: String, supported: [Revision]) -> JSONRPCError {
        JSONRPCError(
            -32022, "Unsupported protocol version",
            data: ["supported": .strings(supported.map(\.rawValue)), "requested": .string(requested)])
    }

    package var json: JSONValue {
        var object: JSONObject = ["code": .int(Int64(code)), "message": .string(message)]
        if let data { object.append("data", data) }
        return .object(object)
    }

    /// Reads the `error` member of an answer; nil if it has no whole code.
    package init?(json: JSONValue) {
        guard let code = json["code"]?.int.flatMap({ Int(exactly: $0) }) else { return nil }
        self.init(code, json["message"]?.string ?? "", data: json["data"])
    }
}

/// Why a body is no message: the error to answer with, and the id if it could be read.
package struct JSONRPCFailure: Error, Hashable, Sendable {
    package let id: RequestID?
    package let error: JSONRPCError

    package init(id: RequestID? = nil, _ error: JSONRPCError) {
        self.id = id
        self.error = error
    }
}

/// One JSON-RPC message. A batch is none: MCP dropped it with 2025-06-18; `StreamableHTTP` reads it where it is legal.
package enum JSONRPCMessage: Hashable, Sendable {
    case request(id: RequestID, method: String, params: JSONObject)
    case notification(method: String, params: JSONObject)
    /// The id is missing on an error that answers something unreadable.
    case response(id: RequestID?, Result<JSONValue, JSONRPCError>)

    /// Reads exactly one message. Missing or null `params` are empty.
    package static func read(_ json: JSONValue) -> Result<JSONRPCMessage, JSONRPCFailure> {
        guard let object = json.object, object["jsonrpc"] == "2.0" else {
            return .failure(JSONRPCFailure(.invalidRequest))
        }
        guard let method = object["method"] else { return response(object) }
        guard let method = method.string, !method.isEmpty else { return .failure(JSONRPCFailure(.invalidRequest)) }
        var id: RequestID?
        if let given = object["id"] {
            guard let readable = RequestID(given) else { return .failure(JSONRPCFailure(.invalidRequest)) }
            id = readable
        }
        var params: JSONObject = [:]
        if let given = object["params"], !given.isNull {
            guard let named = given.object else {
                return .failure(JSONRPCFailure(id: id, .invalidParams("Invalid params: an object expected")))
            }
            params = named
        }
        guard let id else { return .success(.notification(method: method, params: params)) }
        return .success(.request(id: id, method: method, params: params))
    }

    private static func response(_ object: JSONObject) -> Result<JSONRPCMessage, JSONRPCFailure> {
        let id = object["id"].flatMap(RequestID.init)
        switch (object["result"], object["error"]) {
        case (let result?, nil) where id != nil: return .success(.response(id: id, .success(result)))
        case (nil, let error?):
            guard let error = JSONRPCError(json: error) else { return .failure(JSONRPCFailure(.invalidRequest)) }
            return .success(.response(id: id, .failure(error)))
        default: return .failure(JSONRPCFailure(.invalidRequest))
        }
    }
}

/// Builders of the messages themselves.
package enum JSONRPC {
    package static func result(_ id: RequestID, _ result: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "id": id.json, "result": result]
    }

    /// An id that could not be read is nil here and null on the wire (JSON-RPC 2.0 section 5).
    package static func error(_ id: RequestID?, _ error: JSONRPCError) -> JSONValue {
        ["jsonrpc": "2.0", "id": id?.json ?? .null, "error": error.json]
    }

    /// What came of a request, one way or the other.
    package static func answer(_ id: RequestID, _ outcome: Result<JSONValue, JSONRPCError>) -> JSONValue {
        switch outcome {
        case .success(let result): Self.result(id, result)
        case .failure(let error): Self.error(id, error)
        }
    }

    /// Empty params are left out.
    package static func request(_ id: RequestID, _ method: String, _ params: JSONObject = [:]) -> JSONValue {
        var message: JSONObject = ["jsonrpc": "2.0", "id": id.json, "method": .string(method)]
        if !params.isEmpty { message.append("params", .object(params)) }
        return .object(message)
    }

    package static func notification(_ method: String, _ params: JSONObject = [:]) -> JSONValue {
        var message: JSONObject = ["jsonrpc": "2.0", "method": .string(method)]
        if !params.isEmpty { message.append("params", .object(params)) }
        return .object(message)
    }
}

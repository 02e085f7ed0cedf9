package import Kernel

/// The results and errors around tools that both ends build.
package enum ToolMessage {
    /// A result with one text.
    package static func text(_ text: String, isError: Bool = false) -> JSONValue {
        ["content": [["type": "text", "text": .string(text)]], "isError": .bool(isError)]
    }

    /// `-32602` of the specification's own example.
    package static func unknownTool(_ name: String) -> JSONRPCError { .invalidParams("Unknown tool: \(name)") }

    package static let invalidCursor = JSONRPCError.invalidParams("Invalid cursor")
}

/// What a person has to do at a URL before a request can succeed (MCP 2025-11-25, client, elicitation, URL mode).
package struct URLElicitation: Hashable, Sendable {
    package let id: String
    package let url: String
    package let message: String

    package init(id: String, url: String, message: String) {
        self.id = id
        self.url = url
        self.message = message
    }

    /// Error `-32042` that carries it.
    package func error(_ message: String) -> JSONRPCError {
        JSONRPCError(
            -32042, message,
            data: [
                "elicitations": [
                    [
                        "mode": "url", "elicitationId": .string(id), "url": .string(url),
                        "message": .string(self.message),
                    ]
                ]
            ])
    }
}

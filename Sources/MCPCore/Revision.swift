import Kernel

/// A revision of the protocol, named by its date; a later one is greater.
package struct Revision: RawRepresentable, Hashable, Sendable, Comparable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let march2025 = Revision(rawValue: "2025-03-26")
    package static let june2025 = Revision(rawValue: "2025-06-18")
    /// The only one in which `-32042` is legal.
    package static let november2025 = Revision(rawValue: "2025-11-25")
    /// Stateless, without `initialize`.
    package static let july2026 = Revision(rawValue: "2026-07-28")

    /// Those with the `initialize` handshake that are spoken here, newest first.
    package static let handshakes: [Revision] = [.november2025, .june2025, .march2025]

    /// All that are spoken here, newest first.
    package static let all: [Revision] = [.july2026] + handshakes

    /// Whether each request of it stands for itself, without `initialize` and session.
    package var isStateless: Bool { self >= .july2026 }

    package static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }

    /// The answer to `initialize`: the same revision if it is served, else the newest that is. Never an error for an
    /// unknown one (MCP 2025-11-25, lifecycle, version negotiation). `served` is newest first.
    package static func negotiated(_ requested: String, served: [Revision]) -> Revision {
        let handshakes = served.filter { !$0.isStateless }
        return handshakes.first { $0.rawValue == requested } ?? handshakes.first ?? .november2025
    }
}

/// The names of the HTTP fields and of the members that the protocol reserves.
package enum MCPName {
    package static let versionHeader = fieldName("mcp-protocol-version")
    package static let sessionHeader = fieldName("mcp-session-id")
    package static let methodHeader = fieldName("mcp-method")
    package static let nameHeader = fieldName("mcp-name")
    static let lastEventHeader = fieldName("last-event-id")
    /// Begin of the names of the fields that mirror arguments.
    static let parameterPrefix = "mcp-param-"
    /// Where a request of 2026-07-28 says its revision.
    package static let versionMeta = "io.modelcontextprotocol/protocolVersion"
    /// Where it says what its client can do.
    package static let capabilitiesMeta = "io.modelcontextprotocol/clientCapabilities"
    package static let clientMeta = "io.modelcontextprotocol/clientInfo"
    package static let logLevelMeta = "io.modelcontextprotocol/logLevel"
    /// Where a result of 2026-07-28 says who made it.
    package static let serverMeta = "io.modelcontextprotocol/serverInfo"
    /// Which `subscriptions/listen` a message belongs to.
    package static let subscriptionMeta = "io.modelcontextprotocol/subscriptionId"
}

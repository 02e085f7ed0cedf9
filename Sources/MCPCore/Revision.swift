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

    package static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }

    /// The answer to `initialize`: the same revision if it is served, else the newest that is. Never an error for an
    /// unknown one (MCP 2025-11-25, lifecycle, version negotiation). `served` is newest first.
    package static func negotiated(_ requested: String, served: [Revision]) -> Revision {
        served.first { $0.rawValue == requested } ?? served.first ?? .november2025
    }
}

/// The names of the HTTP fields and of the members that the protocol reserves.
package enum MCPName {
    package static let versionHeader = fieldName("mcp-protocol-version")
    package static let sessionHeader = fieldName("mcp-session-id")
    /// Where a request of 2026-07-28 says its revision.
    package static let versionMeta = "io.modelcontextprotocol/protocolVersion"
}

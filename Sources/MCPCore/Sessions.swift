package import Kernel

package enum SessionTag {}
package typealias MCPSessionID = Identifier<SessionTag>

/// What a server remembers of one `initialize`. No proof of who calls: that is checked with every request (MCP
/// 2025-11-25, security best practices, session hijacking).
package struct MCPSession: Record {
    package static let collection = "mcp-session"
    package let id: MCPSessionID
    /// The server that minted it, in its own words; the id means nothing to another.
    package let server: String
    /// Whom it serves: subject of the token, empty for nobody in particular.
    package let principal: String
    package let revision: String
    /// What the client declared in `initialize`.
    package let capabilities: JSONObject
    package let begun: Instant
    /// nil in a data file of a server that ended none.
    package let expires: Instant?
    /// From this level on the client wants to hear what the server logs; nil until it said so.
    package var logLevel: String?
    /// URIs it wants to hear of.
    package var subscriptions: [String] = []
    package var keys: [RecordKey] { [RecordKey("server", server)] }

    package var agreed: Revision { Revision(rawValue: revision) }
    /// Owner of its streams.
    package var streamOwner: String { "\(server) session \(id)" }
}

extension Transaction {
    /// The session is over, and whoever listens on one of its streams comes to the end of it.
    package mutating func end(_ session: MCPSession) {
        remove(MCPSession.self, session.id)
        removeStreams(of: session.streamOwner)
    }
}

/// Whether a server keeps sessions, and how it talks about them.
package struct SessionPolicy: Sendable {
    /// From `initialize` on, whatever happens between.
    package let life: Span
    /// Text of the 400 without the header.
    package let missing: String
    /// Text of the 404 for an id that is unknown, expired, ended or another's.
    package let unknown: String
    /// Holds where a session serves only whom it was made for.
    package let boundToUser: Rule
    /// Holds where it ends in time.
    package let endsInTime: Rule

    package init(
        life: Span, missing: String = "Bad Request: Missing session ID", unknown: String = "Session not found",
        boundToUser: Rule, endsInTime: Rule
    ) {
        self.life = life
        self.missing = missing
        self.unknown = unknown
        self.boundToUser = boundToUser
        self.endsInTime = endsInTime
    }

    func end(of session: MCPSession) -> Instant { session.expires ?? session.begun + life }
}

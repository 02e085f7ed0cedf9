package import Kernel

/// A step that a state machine may make. Names that count (`generation 3`) stand as `generation n`.
package struct Edge: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `target`, `session`, `code`, …
    package let kind: String
    /// nil where a subject comes to be.
    package let from: String?
    package let to: String

    package init(_ kind: String, _ from: String?, _ to: String) {
        self.kind = kind
        self.from = from
        self.to = to
    }

    package init(_ move: Transition) {
        kind = Self.kinds.first { move.subject.hasPrefix("\($0) ") } ?? move.subject
        from = move.from.map(Self.plain)
        to = Self.plain(move.to)
    }

    package var description: String { "\(kind): \(from ?? "nothing") -> \(to)" }
    package static func < (left: Edge, right: Edge) -> Bool { left.description < right.description }

    private static func plain(_ state: String) -> String {
        state.hasPrefix("generation ") ? "generation n" : state
    }

    private static let kinds = ["target", "session", "gateway", "code", "grant", "refresh family", "consent"]

    /// Every step there is: T1 to T17 of the ledger for targets; codes and families by RFC 6749 and RFC 9700.
    package static let legal: [Edge] = targets + sessions + others

    /// The kinds of which the table speaks; of others nothing is judged.
    package var isKnownKind: Bool { Self.kinds.contains(kind) }

    private static let targets: [Edge] = {
        let working = ["CREATING", "UPDATING", "SYNCHRONIZING"]
        let pending = ["CREATE_PENDING_AUTH", "UPDATE_PENDING_AUTH", "SYNCHRONIZE_PENDING_AUTH"]
        let failed = ["FAILED", "UPDATE_UNSUCCESSFUL", "SYNCHRONIZE_UNSUCCESSFUL"]
        var edges = [Edge("target", nil, "CREATING"), Edge("target", nil, "READY")]
        for place in working.indices {
            edges += [
                Edge("target", working[place], "READY"), Edge("target", working[place], pending[place]),
                Edge("target", working[place], failed[place]), Edge("target", pending[place], working[place]),
                Edge("target", pending[place], failed[place]), Edge("target", pending[place], "DELETING"),
            ]
        }
        for rest in ["READY"] + failed {
            edges += ["UPDATING", "SYNCHRONIZING", "DELETING"].map { Edge("target", rest, $0) }
        }
        return edges
    }()

    private static let sessions: [Edge] = {
        var edges = [
            Edge("session", nil, "ISSUED"), Edge("session", "ISSUED", "AT_PROVIDER"),
            Edge("session", "AT_PROVIDER", "CODE_RECEIVED"), Edge("session", "CODE_RECEIVED", "BOUND"),
        ]
        for pending in ["ISSUED", "AT_PROVIDER", "CODE_RECEIVED"] {
            edges += [Edge("session", pending, "FAILED"), Edge("session", pending, "SUPERSEDED")]
        }
        return edges
    }()

    private static let others: [Edge] = [
        Edge("gateway", nil, "CREATING"), Edge("gateway", "CREATING", "READY"),
        Edge("gateway", "READY", "UPDATING"), Edge("gateway", "UPDATING", "READY"),
        Edge("gateway", "READY", "DELETING"),
        Edge("code", nil, "issued"), Edge("code", "issued", "redeemed"), Edge("code", "issued", "revoked"),
        Edge("code", "redeemed", "revoked"),
        Edge("grant", nil, "generation n"), Edge("grant", "generation n", "generation n"),
        Edge("grant", "generation n", "revoked"),
        Edge("refresh family", nil, "generation n"), Edge("refresh family", "generation n", "generation n"),
        Edge("refresh family", "generation n", "revoked"),
        Edge("consent", nil, "granted"), Edge("consent", nil, "denied"), Edge("consent", "granted", "granted"),
        Edge("consent", "granted", "revoked"),
    ]
}

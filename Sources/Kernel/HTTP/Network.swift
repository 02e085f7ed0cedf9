/// The way from one party to all others.
package protocol Network: Sendable {
    /// Sends to the party that stands for the URL's host.
    func send(_ request: Request) async throws(NetworkFailure) -> Response
}

/// No answer came. What a real client sees as a connection error.
package struct NetworkFailure: Error, Hashable, Sendable, Codable {
    package enum Reason: String, Sendable, Codable {
        /// No party stands for this host and none may be called outside the lab.
        case unknownHost
        /// The party does not answer at all.
        case unreachable
        /// The connection broke in the middle.
        case truncated
        case timedOut
    }
    package let reason: Reason
    package let host: String
    package init(_ reason: Reason, host: String) {
        self.reason = reason
        self.host = host
    }
}

/// Which party stands for which host. Fixed when a lab is assembled.
package struct HostTable: Sendable {
    /// A party, and what its paths begin with when it is reached by this host.
    package struct Route: Sendable, Hashable {
        package let party: Party
        package let prefix: String
    }
    private var exact: [ExactText: Party] = [:]
    private var suffixes: [(suffix: String, party: Party, prefix: String)] = []

    package init() {}

    /// The hosts that are named one by one.
    package var single: [String: Party] {
        Dictionary(uniqueKeysWithValues: exact.map { ($0.key.text, $0.value) })
    }

    /// One host, with its port unless it is the scheme's own: `github.com` or `127.0.0.1:4583`.
    package mutating func add(_ authority: String, _ party: Party) { exact[ExactText(authority)] = party }

    /// Every host that ends in `suffix` is `party`; its first label takes the place of `{label}` in `prefix`.
    package mutating func add(suffix: String, _ party: Party, prefix: String) {
        suffixes.append((suffix, party, prefix))
    }

    package func route(_ authority: String) -> Route? {
        if let party = exact[ExactText(authority)] { return Route(party: party, prefix: "") }
        for entry in suffixes where authority.hasSuffix(entry.suffix) {
            let label = authority.utf8.dropLast(entry.suffix.utf8.count)
            guard !label.isEmpty, !label.contains(UInt8(ascii: ".")) else { continue }
            return Route(party: entry.party, prefix: entry.prefix.replacing("{label}", by: String(Substring(label))))
        }
        return nil
    }
}

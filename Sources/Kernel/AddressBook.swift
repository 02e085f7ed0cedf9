/// Where each party is reached: the real hosts' names in a scenario, loopback origins under `serve`.
///
/// A party builds its own URLs from here and never from a Host header, so that a forged header cannot redirect anybody.
package struct AddressBook: Sendable, Hashable {
    /// A handful, looked up all the time: sooner walked than hashed.
    private let origins: [Place]
    private let gatewayTemplate: String
    /// Hosts that a party stands for without being reached by them: nobody's browser would find it there.
    private let realHosts: [String: Party]

    /// - Parameters:
    ///   - origins: for each party scheme, host and port, without path or final slash.
    ///   - gatewayTemplate: base of one gateway's URLs; `{gatewayId}` stands for its id.
    ///   - realHosts: hosts, each with its party, that are reached at `origins` instead.
    package init(origins: [Party: String], gatewayTemplate: String, realHosts: [String: Party] = [:]) {
        self.realHosts = realHosts
        self.origins = origins.sorted { $0.key < $1.key }.map { Place(party: $0.key, origin: $0.value) }
        self.gatewayTemplate = gatewayTemplate
    }

    /// Origin of a party, such as `https://github.com`; empty for a party this lab does not have.
    package func origin(of party: Party) -> String { origins.first { $0.party == party }?.origin ?? "" }

    /// Whether a URL, as it is written, lies at one of the parties that have a port of their own.
    package func isOfLab(_ url: String) -> Bool {
        origins.contains { place in
            guard url.hasPrefix(place.origin), Party.served.contains(place.party) else { return false }
            let next = url.utf8.dropFirst(place.origin.utf8.count).first
            return next == nil || next == UInt8(ascii: "/")
        }
    }

    /// A URL that a browser is to open: at the party's origin where its host is one that a party only stands for.
    package func opened(_ url: String) -> String {
        guard !realHosts.isEmpty, let parts = URLParts(url), parts.userInfo == nil,
            let party = realHosts[parts.authority], Party.served.contains(party), !isOfLab(url)
        else { return url }
        return origin(of: party) + parts.target + (parts.fragment.map { "#\($0)" } ?? "")
    }

    /// Base of one gateway's URLs, without final slash; its MCP endpoint is this plus `/mcp`.
    package func gatewayBase(_ gatewayID: String) -> String {
        guard let hole = gatewayTemplate.range(of: "{gatewayId}") else { return gatewayTemplate }
        return gatewayTemplate[..<hole.lowerBound] + gatewayID + gatewayTemplate[hole.upperBound...]
    }

    /// A text of a data file with the parties' origins in place of their names in braces: `{app}/callback`.
    package func filled(_ text: String) -> String {
        Party.served.reduce(text) { text, party in
            // Once the last name is replaced there is nothing to look for.
            guard text.place(of: "{") != nil else { return text }
            return text.replacing("{\(party)}", by: origin(of: party))
        }
    }

    private struct Place: Hashable, Sendable {
        let party: Party
        let origin: String
    }
}

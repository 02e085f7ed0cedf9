import HTTPTypes
package import Kernel

/// Fetches documents that a configuration or a stranger names: discovery documents and key sets (ledger `A24`).
///
/// Whoever may name a URL may not make AWS ask for what only AWS can reach.
package struct PublicDocument: Sendable {
    private let world: World
    /// More than any real document has.
    private static let longest = 1_048_576

    package init(world: World) { self.world = world }

    /// The JSON object at a URL; nil where none can be had, with the reason in the journal.
    package func json(_ url: String) async -> JSONValue? {
        guard permits(url) else { return nil }
        let response: Response
        do throws(NetworkFailure) {
            response = try await world.network.send(Request(.get, url, headers: [.accept: "application/json"]))
        } catch {
            return refused("a document could not be fetched: \(error)")
        }
        // No redirect is followed: the document has to be where the configuration says.
        guard response.status == 200 else { return refused("a document was answered with \(response.status)") }
        guard response.body.count <= Self.longest else { return refused("a document is longer than 1 MB") }
        guard let json = response.json, json.object != nil else { return refused("a document is no JSON object") }
        return json
    }

    /// Whether a URL that somebody else wrote may be asked: nothing inside a network, nothing without TLS except what
    /// the lab itself is at.
    package func permits(_ url: String) -> Bool {
        let parts = URLParts(url)
        if let parts, isOfLab(parts, url) { return true }
        if let parts, parts.scheme == "https", parts.userInfo == nil, !Self.isInside(parts.host) { return true }
        // What is not even on the web is nobody's to fetch, whatever the rule says.
        guard let parts, ["https", "http"].contains(parts.scheme), parts.userInfo == nil else { return false }
        guard world.switches.holds(.onlyPublicAddresses) else { return true }
        let note = Note(
            party: world.party, rule: .onlyPublicAddresses, "an address inside a network or without TLS is not asked")
        world.store.append(.note(note), at: world.clock.now)
        return false
    }

    /// A lab on this machine has loopback addresses, and so have the user's own servers beside it; the network asks
    /// only those that the lab's file lists.
    private func isOfLab(_ parts: URLParts, _ url: String) -> Bool {
        if world.addresses.isOfLab(url) { return true }
        guard ["https", "http"].contains(parts.scheme), parts.userInfo == nil else { return false }
        let origins = Party.served.map { world.addresses.origin(of: $0) }
        if origins.contains(parts.origin) { return true }
        return parts.isLoopback && origins.contains { URLParts($0)?.isLoopback == true }
    }

    /// Loopback, private, link-local and special addresses (RFC 6890), in every way of writing one, and names that no
    /// public server has.
    package static func isInside(_ host: String) -> Bool {
        if host.hasPrefix("[") || host.hasSuffix(".") { return true }
        let labels = host.pieces(by: ".", keepingEmpty: true)
        let last = labels.last.map { String($0) } ?? ""
        if ["localhost", "internal", "local", "localdomain"].contains(last) || labels.count < 2 { return true }
        // The last label of a name is never a number; what looks like one is an address.
        guard last.utf8.first.map({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) == true else {
            return false
        }
        let numbers = labels.compactMap { UInt8($0) }
        guard numbers.count == 4, labels.count == 4, !labels.contains(where: { $0.count > 1 && $0.hasPrefix("0") })
        else { return true }
        switch (numbers[0], numbers[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168), (192, 0), (100, 64...127),
            (198, 18...19), (224..., _):
            return true
        default: return false
        }
    }

    private func refused(_ reason: String) -> JSONValue? {
        world.store.append(.note(Note(party: world.party, rule: nil, reason)), at: world.clock.now)
        return nil
    }
}

extension Rule {
    package static let onlyPublicAddresses = Rule(
        "only-public-addresses",
        "AWS asks for no document at an address inside a network or without TLS, whoever names it.")
}

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
        guard !response.content.isLonger(than: Self.longest) else { return refused("a document is longer than 1 MB") }
        guard let json = response.json, json.object != nil else { return refused("a document is no JSON object") }
        return json
    }

    /// Whether a URL that somebody else wrote may be asked: nothing inside a network, nothing without TLS except what
    /// the lab itself is at.
    package func permits(_ url: String) -> Bool {
        guard let parts = URLParts(url) else { return false }
        if world.addresses.isOfLab(url) { return true }
        // What is not even on the web is nobody's to fetch, whatever the rule says.
        guard ["https", "http"].contains(parts.scheme), parts.userInfo == nil else { return false }
        if isOfLab(parts) || parts.scheme == "https" && !HostName.isInside(parts.host) { return true }
        guard world.switches.holds(.onlyPublicAddresses) else { return true }
        world.note("an address inside a network or without TLS is not asked", rule: .onlyPublicAddresses)
        return false
    }

    /// A lab on this machine has loopback addresses, and so have the user's own servers beside it; the network asks
    /// only those that the lab's file lists.
    private func isOfLab(_ parts: URLParts) -> Bool {
        let origins = Party.served.map { world.addresses.origin(of: $0) }
        if origins.contains(parts.origin) { return true }
        return parts.isLoopback && origins.contains { URLParts($0)?.isLoopback == true }
    }

    private func refused(_ reason: String) -> JSONValue? {
        world.note(reason)
        return nil
    }
}

extension Rule {
    package static let onlyPublicAddresses = Rule(
        "only-public-addresses",
        "AWS asks for no document at an address inside a network or without TLS, whoever names it.")
}

import AWSCore
import Kernel
import Outbound
import Testing

/// Documents that a configuration names, over real sockets: whatever the server at the other end does, the answer is
/// within limits, the reason is in the journal, and nothing is asked that the lab's file does not list.
@Suite(.timeLimit(.minutes(10))) struct PublicDocumentTests {
    /// A served lab's world whose only way out is `network`.
    private func world(_ network: OutsideNetwork, _ store: Store) -> World {
        let clock = VirtualClock(now: Instant(milliseconds: 1_800_000_000_000))
        return World(
            party: .aws, clock: PartyClock(clock, for: .aws), scheduler: clock, entropy: SeededEntropy(seed: 1),
            network: network, store: store,
            addresses: AddressBook(origins: [.aws: "http://127.0.0.1:4580"], gatewayTemplate: ""),
            switches: Switches())
    }

    private func notes(_ store: Store) -> [String] {
        store.journal().compactMap { if case .note(let note) = $0.event { note.text } else { nil } }
    }

    @Test func whatAServerMayDo() async throws {
        try await LocalServer.serving { origin, network in
            let good = Store()
            let document = await PublicDocument(world: world(network, good)).json(origin + "/document")
            #expect(document == ["issuer": "here"] && notes(good).isEmpty)
            for (path, reason) in [
                ("/redirect", "answered with 302"), ("/stall", "could not be fetched"),
                ("/stall-within", "could not be fetched"), ("/endless", "could not be fetched"),
                ("/large", "could not be fetched"), ("/nothing", "answered with 201"),
            ] {
                let store = Store()
                #expect(await PublicDocument(world: world(network, store)).json(origin + path) == nil)
                #expect(notes(store).count == 1 && notes(store).first?.contains(reason) == true, "\(path)")
            }
        }
    }

    @Test func whereNobodyIsAsked() async throws {
        try await LocalServer.serving { origin, network in
            let port = URLParts(origin)?.port ?? 0
            for url in [
                "http://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "https://[::1]:\(port)/document",
                "http://example.com/", "https://metadata.internal/", "http://127.0.0.1:\(port + 1)/document",
                "https://127.0.0.1:\(port)/document", "http://localhost:\(port)/document",
            ] {
                let store = Store()
                #expect(await PublicDocument(world: world(network, store)).json(url) == nil, "\(url)")
                #expect(notes(store).count == 1, "\(url)")
            }
        }
    }
}

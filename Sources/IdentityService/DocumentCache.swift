import HTTPTypes
import Kernel

/// Discovery documents and key sets, fetched at first use and kept ten minutes of world time (ledger `U21`).
struct DocumentCache {
    let world: World
    /// More than any real document has.
    private static let longest = 1_048_576

    /// The document at a URL, from the cache if it is young enough; nil where none can be had.
    func get(_ url: String, notOlderThan age: Span = .minutes(10)) async -> FetchedDocumentRecord? {
        let now = world.clock.now
        let id = DocumentURL(url)
        if let kept = try? world.store.write({ $0.find(FetchedDocumentRecord.self, id) }), now < kept.fetchedAt + age {
            return kept
        }
        guard let document = await fetch(url) else { return nil }
        let record = FetchedDocumentRecord(id: id, document: document, fetchedAt: now)
        try? world.store.write { $0.save(record) }
        return record
    }

    private func fetch(_ url: String) async -> JSONValue? {
        guard let parts = URLParts(url), ["https", "http"].contains(parts.scheme), parts.userInfo == nil else {
            return nil
        }
        // No redirect is followed: the document has to be where the configuration says (ledger `A24`).
        guard let response = try? await world.network.send(Request(.get, url, headers: [.accept: "application/json"])),
            response.status == 200, response.body.count <= Self.longest, let json = response.json, json.object != nil
        else { return nil }
        return json
    }
}
